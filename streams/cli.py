"""The whole `monitor` command: what needs no broker, and what does."""

from monitor.cli import app


def main() -> None:
    """Entry point of the console script."""
    app()
