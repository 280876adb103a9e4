"""Results as Markdown."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from bench.markdown import table
from bench.results import Result
from bench.spread import Spread
from bench.week_tables import week_tables

Rows = list[dict[str, Any]]
MARKS: Final = ("p50", "p99", "p99.9")


def grouped(rows: Rows, *names: str) -> dict[tuple[Any, ...], Rows]:
    """Rows that agree in these, in the order in which they come."""
    found: dict[tuple[Any, ...], Rows] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return found


def rate_of(rows: Rows) -> Spread:
    """Records a second over runs."""
    return Spread.of([row["records"] / row["seconds"] for row in rows])


def _rule(rows: Rows) -> str:
    groups = grouped(rows, "title", "guarantee")
    rates = {key: rate_of(runs) for key, runs in groups.items()}
    slowest = min(rate.middle for rate in rates.values())
    return table(
        (
            "system, one core",
            "guarantee",
            "events/s: median",
            "min–max",
            "of the slowest",
            "us of CPU",
            "MiB",
            "runs",
        ),
        [
            (
                *key,
                f"**{rates[key].middle:,.0f}**",
                f"{rates[key].least:,.0f}–{rates[key].most:,.0f}",
                f"{rates[key].middle / slowest:.1f}x",
                f"{Spread.of([row['cpu_us'] for row in runs]).middle:.1f}",
                f"{max(row['rss_mib'] for row in runs):,.0f}",
                str(len(runs)),
            )
            for key, runs in sorted(groups.items(), key=lambda each: -rates[each[0]].middle)
        ],
    )


def _product(rows: Rows) -> str:
    groups = grouped(rows, "workers")
    alone = rate_of(next(iter(groups.values()))).middle
    return table(
        (
            "workers, one core each",
            "records/s: median",
            "min–max",
            "of one",
            "us of CPU a record",
            "MiB",
            "runs",
        ),
        [
            (
                str(workers),
                f"**{rate_of(runs).middle:,.0f}**",
                f"{rate_of(runs).least:,.0f}–{rate_of(runs).most:,.0f}",
                f"{rate_of(runs).middle / alone:.2f}x",
                f"{Spread.of([row['cpu_us'] for row in runs]).middle:.0f}",
                f"{max(row['rss_mib'] for row in runs):,.0f}",
                str(len(runs)),
            )
            for (workers,), runs in groups.items()
        ],
    )


def _marks(latency: Mapping[str, Any]) -> list[str]:
    return [f"{latency['marks'][name]:,.0f}" for name in MARKS] + [
        f"{latency['most']:,.0f}",
        f"{latency['count']:,}",
    ]


def _latency(rows: Rows) -> str:
    return table(
        ("what", "beside", *(f"{name} ms" for name in MARKS), "max ms", "of"),
        [(row["what"], f"{row['rate']:,.0f} records/s", *_marks(row["latency"])) for row in rows],
    )


def _rule_latency(rows: Rows) -> str:
    return table(
        ("system", "guarantee", "settlements/s", *(f"{name} ms" for name in MARKS), "max ms", "findings"),
        [
            (row["title"], row["guarantee"], f"{row['rate']:,.0f}")
            + (tuple(_marks(row["latency"])) if row["latency"] else ("above its capacity", "", "", "", ""))
            for row in rows
        ],
    )


def _recovery(rows: Rows) -> str:
    return table(
        ("what", "keys", "rows", "MB", "recovery s", "start to ready s", "keys/s", "MiB"),
        [
            (
                row["what"],
                f"{row['keys']:,}",
                f"{row['rows']:,}",
                f"{row['mb']:,.0f}",
                f"**{row['seconds']:.1f}**",
                f"{row['ready_s']:.1f}",
                f"{row['keys'] / row['seconds']:,.0f}",
                f"{row['rss_mib']:,.0f}",
            )
            for row in rows
        ],
    )


def _outage(rows: Rows) -> str:
    return table(
        (
            "what",
            "persons",
            "calls before: p50, p99 ms",
            "others after it: p50, p99 ms",
            "its own again after s",
            "unchecked",
            "failed",
        ),
        [
            (
                row["what"],
                f"{row['persons']:,}",
                *(
                    f"{row[of]['marks']['p50']:,.0f}, {row[of]['marks']['p99']:,.0f}"
                    for of in ("before", "others")
                ),
                f"**{row['own_s']:.1f}**",
                f"{row['unchecked']:,}",
                f"{row['failed']:,}",
            )
            for row in rows
        ],
    )


def _memory(rows: Rows) -> str:
    return table(
        ("persons remembered", "us of CPU a record", "records/s", "MiB", "bytes a person"),
        [
            (
                f"{row['persons']:,}",
                f"{row['cpu_us']:.0f}",
                f"{row['rate']:,.0f}",
                f"{row['rss_mib']:,.0f}",
                f"{row['bytes_each']:,.0f}",
            )
            for row in rows
        ],
    )


def _profile(rows: Rows) -> str:
    return table(
        ("where", "share", "us a record"),
        [(row["where"], f"{row['share']:.1%}", f"{row['us']:.1f}") for row in rows],
    )


TABLES: Final[Mapping[str, Callable[[Rows], str]]] = {
    "rule": _rule,
    "rule-latency": _rule_latency,
    "product": _product,
    "latency": _latency,
    "recovery": _recovery,
    "memory": _memory,
    "outage": _outage,
    "profile": _profile,
    "week": week_tables,
}


def section(name: str, result: Result) -> str:
    """The command, the table, the machine."""
    rows = [row for row in result.rows if "skipped" not in row]
    left_out = [
        f"{row['title']}, {row['guarantee']}: skipped, {row['skipped']}"
        for row in result.rows
        if row not in rows
    ]
    machine = " · ".join(f"{what} {value}" for what, value in result.machine.items())
    told = "\n\n".join([*left_out, machine])
    return f"```console\n$ {result.command}\n```\n\n{TABLES[name](rows)}\n\n{told}"
