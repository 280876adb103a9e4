"""`python -m deploy.local.demo` is `./dev demo`."""

import signal

# As long as nothing runs, Ctrl-C has nothing to clean up: it ends the import of what follows without a word.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from deploy.local.demo.command import app  # noqa: E402  # see above

if __name__ == "__main__":
    app()
