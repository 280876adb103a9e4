"""`python -m streams` is `monitor`."""

from streams.cli import main

main()
