"""The simulated week as Markdown: figures of all seeds, by region file, by rule, by kind of fraud and of innocent."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from bench.markdown import table
from bench.told import NEVER, Figures, Kind, total
from bench.week_form import Judged
from monitor.rules.catalogue import BY_ID

SLICE = "{region}, {partitions}"


def week_tables(rows: list[dict[str, Any]]) -> str:
    """All tables."""
    judged = [msgspec.convert(row, Judged) for row in rows]
    whole = [each for each in judged if each.partitions == 1]
    parts = (_city(whole), _aims(judged), _rules(whole), _frauds(whole), _innocents(whole), _causes(whole))
    return "\n\n".join(parts)


def _regions(judged: Iterable[Judged]) -> list[str]:
    return list(dict.fromkeys(each.region for each in judged))


def _city(judged: Sequence[Judged]) -> str:
    weeks = {each.seed: each for each in judged}.values()
    return table(
        ("seed", "records", "persons", "pharmacies", "hospitals", "planted frauds", "innocents", "s", "MiB"),
        [
            (
                str(each.seed),
                f"{each.records:,}",
                f"{each.persons:,}",
                str(each.shape.pharmacies),
                str(each.shape.hospitals),
                str(total(each.count.frauds)["planted"]),
                str(total(each.count.innocents)["planted"]),
                f"{each.seconds:,.0f}",
                f"{each.mib:,.0f}",
            )
            for each in weeks
        ],
    )


def _aims(judged: Sequence[Judged]) -> str:
    groups: dict[tuple[str, int], list[Judged]] = {}
    for each in judged:
        groups.setdefault((each.region, each.partitions), []).append(each)
    return table(
        (
            "region file",
            "partitions",
            "false a day: mean",
            "worst week",
            "worst day",
            "told a day",
            "notified of those that may be: mean",
            "worst week",
            "notified of all planted: mean",
            "worst week",
        ),
        [
            (
                region,
                str(partitions),
                *_false(weeks),
                *_notified(weeks, owed=True),
                *_notified(weeks, owed=False),
            )
            for (region, partitions), weeks in groups.items()
        ],
    )


def _false(weeks: Sequence[Judged]) -> list[str]:
    days = [sum(each.count.false_days) / each.shape.days for each in weeks]
    told = [sum(rule.told for rule in each.count.rules.values()) / each.shape.days for each in weeks]
    worst = max(day for each in weeks for day in each.count.false_days)
    return [
        f"**{sum(days) / len(days):.1f}**",
        f"{max(days):.1f}",
        str(worst),
        f"{sum(told) / len(told):.1f}",
    ]


def _notified(weeks: Sequence[Judged], *, owed: bool) -> list[str]:
    sums = [total(each.count.frauds, owed=owed) for each in weeks]
    shares = [each["notified"] / each["planted"] for each in sums]
    return [f"**{sum(shares) / len(shares):.1%}**", f"{min(shares):.1%}"]


def _figures(judged: Iterable[Judged], rule_id: str) -> Figures:
    sums: Counter[str] = Counter()
    for each in judged:
        sums.update(msgspec.structs.asdict(each.count.rules.get(rule_id, Figures())))
    return Figures(**sums)


def _rules(judged: Sequence[Judged]) -> str:
    regions, rows = _regions(judged), []
    days = sum(each.shape.days for each in judged if each.region == regions[0])
    for rule_id, rule in BY_ID.items():
        by_region = [_figures([each for each in judged if each.region == name], rule_id) for name in regions]
        first = by_region[0]
        told = ["–" if rule_id in NEVER else str(each.notified) for each in by_region]
        false = [f"{each.false_told} ({each.false_told / days:.1f})" for each in by_region]
        rows.append(
            (
                rule_id,
                rule.en.name,
                str(first.planted),
                str(first.found),
                *told,
                str(first.stories),
                str(first.false),
                *false,
            )
        )
    head = (
        "rule",
        "",
        "planted",
        "found",
        *(f"notified, {name}" for name in regions),
        "incidents",
        "false ones",
    )
    return table((*head, *(f"false, notified (a day), {name}" for name in regions)), rows)


def _kinds(judged: Iterable[Judged], which: str) -> dict[tuple[str, str], Kind]:
    sums: dict[tuple[str, str], Kind] = {}
    for each in judged:
        for kind in getattr(each.count, which):
            one = sums.setdefault(
                (kind.rule_id, kind.scenario), Kind(rule_id=kind.rule_id, scenario=kind.scenario)
            )
            one.planted += kind.planted
            one.found += kind.found
            one.notified += kind.notified
    return dict(sorted(sums.items()))


def _frauds(judged: Sequence[Judged]) -> str:
    regions = _regions(judged)
    kinds = [_kinds((each for each in judged if each.region == name), "frauds") for name in regions]
    return table(
        ("planted fraud", "rule", "planted", "found", *(f"notified, {name}" for name in regions)),
        [
            (
                kind.scenario,
                kind.rule_id,
                str(kind.planted),
                str(kind.found),
                *("–" if kind.rule_id in NEVER else str(each[key].notified) for each in kinds),
            )
            for key, kind in kinds[0].items()
        ],
    )


def _innocents(judged: Sequence[Judged]) -> str:
    regions = _regions(judged)
    kinds = [_kinds((each for each in judged if each.region == name), "innocents") for name in regions]
    return table(
        (
            "innocent",
            "looks like",
            "played",
            "in false incidents",
            *(f"notified, {name}" for name in regions),
        ),
        [
            (
                kind.scenario,
                kind.rule_id,
                str(kind.planted),
                str(kind.found),
                *(str(each[key].notified) for each in kinds),
            )
            for key, kind in kinds[0].items()
        ],
    )


def _causes(judged: Sequence[Judged]) -> str:
    regions = _regions(judged)
    sums: dict[tuple[str, str], Counter[str]] = {}
    for each in judged:
        for rule_id, causes in each.count.causes.items():
            for cause, times in causes.items():
                sums.setdefault((rule_id, cause), Counter())[each.region] += times
    return table(
        ("somebody was told for nothing by", "because of", *(f"times, {name}" for name in regions)),
        [(*key, *(str(times[name]) for name in regions)) for key, times in sorted(sums.items())],
    )
