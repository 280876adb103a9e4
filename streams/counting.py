"""What /metrics says of money, faces and providers: read off a person's memory before an event and after it."""

import logging
from functools import partial
from importlib.metadata import version
from typing import Final

from prometheus_client import Counter

from monitor.audit import Outcome
from monitor.events import Event, FaceChecked, FaceExcused
from monitor.gateway.callers import begin_feedback
from monitor.memory.facts import Added
from monitor.memory.person import PersonMemory
from monitor.metrics import Metrics
from monitor.money import MOVING, Stake, refused_changes, stake
from monitor.outputs import Finding
from streams.engine.stage import Context
from streams.engine.turn import Turn

logger = logging.getLogger(__name__)

DISTRIBUTION: Final = "claim-monitor"
"""Whose release /metrics names."""
FEN: Final = 100
RESULTS: Final = {"0": "failed", "1": "passed", "2": "failed", "3": "review", "4": "special"}
"""recog_rslt of a 9601."""
EXCUSED: Final = "excused"
"""A 9602."""
OTHER_RESULT: Final = "other"
FACES: Final = frozenset({FaceChecked, FaceExcused})


class Counting:
    """Around one event of one person: made before it is judged, `judged` afterwards.

    A count is never worth an answer: what it raises is logged by its kind, and the event goes on.
    """

    __slots__ = ("_before", "_context", "_event", "_memory", "_since")

    def __init__(self, memory: PersonMemory, event: Event, watermark: int, context: Context) -> None:
        self._memory = memory
        self._event = event
        self._context = context
        self._since = watermark - context.knowledge.answer_reach_s
        # Most events move nothing; they cost a look-up here.
        self._before = self._stake() if type(event) in MOVING else None

    def judged(self, outcome: Outcome, turn: Turn) -> None:
        """Count what became otherwise, when it is committed."""
        event = self._event
        try:
            if self._before is not None:
                self._moved(self._before, turn)
            if outcome.findings:
                self._refused(outcome, turn)
        except Exception as error:  # noqa: BLE001 - as above
            _note(error)
        if type(event) in FACES and outcome.added is Added.NEW:
            result = RESULTS.get(event.result, OTHER_RESULT) if type(event) is FaceChecked else EXCUSED
            turn.afterwards(self._context.metrics.face_checks.labels(result).inc)

    def _moved(self, before: Stake, turn: Turn) -> None:
        now = self._stake()
        if now is None or now == before:
            return
        context, metrics, code = self._context, self._context.metrics, self._event.provider
        _move(
            turn,
            now.fund - before.fund,
            metrics.fund_paid,
            metrics.fund_back,
            context.provider_label(code),
        )
        _move(
            turn,
            now.prevented - before.prevented,
            metrics.prevented,
            metrics.prevented_back,
            context.provider_group(code),
        )

    def _refused(self, outcome: Outcome, turn: Turn) -> None:
        metrics = self._context.metrics
        for provider, change in refused_changes(self._memory, outcome):
            _move(turn, change, metrics.refused, metrics.refused_back, self._context.provider_group(provider))

    def _stake(self) -> Stake | None:
        try:
            return stake(self._memory, self._event, since=self._since)
        except Exception as error:  # noqa: BLE001 - whatever a memory holds, the event is judged
            _note(error)
            return None


def count_finding(finding: Finding, context: Context) -> None:
    """Each revision by rule; a new one also by who it is about."""
    metrics = context.metrics
    shadow = "yes" if finding.shadow else "no"
    metrics.findings.labels(finding.rule_id, str(finding.status), shadow).inc()
    if finding.revision == 1 and not finding.shadow:
        metrics.group_findings.labels(context.provider_group(finding.provider), finding.rule_id).inc()
        metrics.provider_findings.labels(context.provider_label(finding.provider)).inc()


def show_versions(metrics: Metrics, *, rules_version: str) -> None:
    """Which release runs, and by which rules."""
    metrics.build_info.labels(version(DISTRIBUTION)).set(1)
    metrics.rules_info.labels(rules_version).set(1)


def show_what_is_known(context: Context) -> None:
    """At start: versions, budgets, and at 0 whatever may not come for days: a first count alone is no increase."""
    metrics, reference = context.metrics, context.knowledge.reference
    show_versions(metrics, rules_version=context.knowledge.rules_version)
    for (code, year), fen in reference.fund_budget.items():
        if (provider := context.provider_label(code)) == code:
            metrics.fund_budget.labels(provider, year).set(fen / FEN)
    for group in context.provider_group.labels:
        for counter in (metrics.refused, metrics.refused_back, metrics.prevented, metrics.prevented_back):
            counter.labels(group)
        for rule in context.knowledge.rules:
            metrics.group_findings.labels(group, rule.id)
    for code in reference.providers:
        for counter in (metrics.fund_paid, metrics.fund_back, metrics.provider_findings):
            counter.labels(context.provider_label(code))
    begin_feedback(metrics)


def _note(error: Exception) -> None:
    # The kind alone: a message could quote the event.
    logger.warning("money could not be counted: %s", type(error).__name__)


def _move(turn: Turn, change: int, more: Counter, less: Counter, label: str) -> None:
    if change:
        counter = (more if change > 0 else less).labels(label)
        turn.afterwards(partial(counter.inc, abs(change) / FEN))
