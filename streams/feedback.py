"""3103 -> feedback: what doctors did with warnings, under the msgid of their call."""

from monitor.events import WarningAnswered
from monitor.gateway.warnings import NotTaken, feedback_of
from streams.engine.stage import Context
from streams.engine.turn import Turn
from streams.stage_outputs import as_json
from streams.topics import Topic


def say_feedback(event: WarningAnswered, context: Context, turn: Turn) -> None:
    """A record for each warning; of a call that names an unknown one nothing is taken down, as at the gateway."""
    records = feedback_of(event, tokens=context.knowledge.tokens)
    if isinstance(records, NotTaken):
        context.metrics.ignored.labels("unknown_warning").inc()
        return
    for row in records:
        context.metrics.feedback.labels(row["rule_id"], row["dspo_way"]).inc()
        turn.send(Topic.FEEDBACK, event.msgid, as_json(row), [])
