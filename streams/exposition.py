"""One /metrics page out of those of several processes.

Each sample keeps its process as a label. A sum would fall back when a process starts anew, which Prometheus takes for a
reset of all of them; and gauges like the watermark have no sum. Queries add up, as they do over machines.
"""

from collections.abc import Mapping
from typing import Final

HELP: Final = "# HELP "
TYPE: Final = "# TYPE "


def merged(pages: Mapping[str, str], own: str = "") -> str:
    """The pages (process -> text as prometheus_client writes it) as one, and `own` as it is: each family once.

    Lines are taken as they are but for the label: parsing them costs thirty times as much and changes nothing.
    """
    families: dict[str, tuple[list[str], list[str]]] = {}
    for process, page in [("", own), *pages.items()]:
        head: list[str] = []
        samples: list[str] = []
        for line in page.splitlines():
            if line.startswith((HELP, TYPE)):
                head, samples = families.setdefault(line.split(" ", 3)[2], ([], []))
                if len(head) < len((HELP, TYPE)):
                    head.append(line)
            elif line:
                samples.append(_labelled(line, process) if process else line)
    return "".join(f"{line}\n" for head, samples in families.values() for line in (*head, *samples))


def _labelled(line: str, process: str) -> str:
    # A metric's name holds neither a brace nor a space.
    name, space, value = line.partition(" ")
    name, brace, rest = name.partition("{")
    if brace:
        return f'{name}{{process="{process}",{rest}{space}{value}'
    return f'{name}{{process="{process}"}} {value}'
