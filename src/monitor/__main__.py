"""`python -m monitor`: the commands that need no broker."""

from monitor.cli import app

if __name__ == "__main__":
    app()
