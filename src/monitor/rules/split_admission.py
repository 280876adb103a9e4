"""A patient was admitted again shortly after a discharge from the same provider (GZ10000204001000).

Chemotherapy, dialysis and the like come back by plan: a second stay with such a diagnosis is quiet.
"""

from monitor.events import DAY
from monitor.memory.history import History
from monitor.memory.subjects import Stay, VisitKey
from monitor.outputs import Kind
from monitor.reference import Reference
from monitor.rules.breach import Breach
from monitor.rules.examples import a_compensation, a_discharge, an_admission, example
from monitor.rules.rule import Limits, Rule, Text


class SplitLimits(Limits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Calendar days between discharge and admission: `days` at most for a lead, `days_grave` for a graver one."""

    days: int = 15
    days_grave: int = 7


def find_stay(stay: Stay, history: History, limits: SplitLimits, reference: Reference) -> Breach | None:
    """The later stay against the nearest discharge before it."""
    admitted = stay.admitted
    codes = [d.code for d in history.visits[stay.visit].diagnoses]
    if any(code.startswith(reference.split_exempt) for code in codes):
        return None
    gaps = [
        (stay.begin_day - earlier.end // DAY, earlier.msgid, earlier)
        for earlier in history.discharges
        if earlier.provider == admitted.provider
        and (earlier.provider, earlier.visit) != stay.visit
        and 0 <= stay.begin_day - earlier.end // DAY <= limits.days
        and _began_before(history, (earlier.provider, earlier.visit), admitted.begin)
    ]
    if not gaps:
        return None
    days, _, earlier = min(gaps, key=lambda gap: gap[:2])
    return Breach(
        severity=2 if days <= limits.days_grave else 3,
        calls=[earlier, admitted],
        observed=days,
        limit=limits.days,
        said={"days": days, "limit": limits.days},
    )


def _began_before(history: History, visit: VisitKey, begin: int) -> bool:
    """Of two admissions on one day the later one is the second stay."""
    other = history.stay_of(visit)
    return other is None or other.admitted.begin < begin


RULE = Rule(
    id="GZ10000204001000",
    version="1.0",
    kind=Kind.LEAD,
    severity=2,
    law="《医疗保障基金使用监督管理条例》第三十八条第(一)项:分解住院",
    zh=Text(
        name="分解住院",
        content="出院{days}天后再次在同一机构住院({limit}天内)",
        evidence="上次出院至本次入院相隔{days}天",
        summary="{provider} 有{findings}次出院后短期内再入院,疑似分解住院",
    ),
    en=Text(
        name="Split admission",
        content="Admitted again to the same institution {days} day(s) after discharge (limit {limit})",
        evidence="{days} day(s) between discharge and admission",
        summary="{provider}: {findings} readmission(s) shortly after discharge, split admission suspected",
    ),
    limits=SplitLimits,
    find_stay=find_stay,
    firing=(
        example(
            "back in the same ward after a week",
            an_admission("V1", "I63.9", at="01 09:00"),
            a_discharge("V1", at="03 10:00"),
            an_admission("V2", "I63.9", at="10 15:00"),
        ),
        example(
            "on the fifteenth day after the discharge, which is told last",
            an_admission("V1", "I63.9", at="2026-02-01 09:00"),
            an_admission("V2", "I63.9", at="10 15:00"),
            a_discharge("V1", at="12 10:00", end="2026-02-23 10:00"),
        ),
    ),
    quiet=(
        example(
            "chemotherapy comes back by plan",
            an_admission("V1", "C34.9", at="01 09:00"),
            a_discharge("V1", at="03 10:00"),
            an_admission("V2", "Z51.102", at="10 15:00"),
            split_exempt=("Z51.1",),
        ),
        example(
            "another hospital",
            an_admission("V1", "I63.9", at="01 09:00"),
            a_discharge("V1", at="03 10:00"),
            an_admission("V2", "I63.9", at="10 15:00", hospital="H43010000002"),
        ),
        example(
            "after sixteen days",
            an_admission("V1", "I63.9", at="2026-02-01 09:00"),
            a_discharge("V1", at="2026-02-22 10:00"),
            an_admission("V2", "I63.9", at="10 15:00"),
        ),
        example(
            "the second admission was withdrawn",
            an_admission("V1", "I63.9", at="01 09:00"),
            a_discharge("V1", at="03 10:00"),
            an_admission("V2", "I63.9", at="10 15:00"),
            a_compensation(an_admission("V2", at="10 15:00"), at="10 15:10"),
        ),
    ),
)
