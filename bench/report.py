"""Writes what was measured into its document: tables between markers, plots beside it."""

import re
import subprocess

from bench import rivals, tables
from bench.process import BenchError
from bench.results import DOCUMENT, ELSEWHERE, FOLDER, Result, load


def report() -> list[str]:
    """Bring the document up to the results that are kept; the sections written."""
    results = load()
    drawn = subprocess.run(
        [str(rivals.python()), "-m", "bench.plots", str(FOLDER)],
        cwd=DOCUMENT.parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    if drawn.returncode:
        raise BenchError(f"the plots could not be drawn: {drawn.stderr.strip()[-600:]}")
    for name, result in results.items():
        write(name, result)
    return list(results)


def write(name: str, result: Result) -> None:
    """Bring one section of its document up to a result; plots are left as they are."""
    document = ELSEWHERE.get(name, DOCUMENT)
    plot = f"\n\n![{name}](performance/{name}.svg)" if name in plots() else ""
    document.write_text(replaced(document.read_text(), name, tables.section(name, result) + plot))


def plots() -> set[str]:
    """Sections that have one."""
    return {"rule", "rule-latency", "product", "latency", "memory", "profile"}


def replaced(text: str, name: str, content: str) -> str:
    """The document with another content between the markers of a section; BenchError when they are missing."""
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    found = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not found.search(text):
        raise BenchError(f"the document has no place {begin} … {end}")
    return found.sub(lambda _: f"{begin}\n{content}\n{end}", text, count=1)
