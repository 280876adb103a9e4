"""`python -m deploy.grafana [--check]`."""

import sys

from deploy.grafana.catalogue import drifted, write

if sys.argv[1:] == ["--check"]:
    if names := drifted():
        sys.exit(f"not what the code makes: {', '.join(names)}; run `python -m deploy.grafana`")
elif sys.argv[1:]:
    sys.exit("usage: python -m deploy.grafana [--check]")
else:
    write()
