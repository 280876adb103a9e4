"""What /metrics shows of a worker's state: lag, keys in memory, watermarks."""

from collections import Counter
from time import time
from typing import TYPE_CHECKING, Final

from faust.types import TP

from monitor.watermark import BEGINNING

if TYPE_CHECKING:
    from streams.engine.engine import Engine


SEVERITIES: Final = (1, 2, 3)
"""Of findings and incidents; 1 is the gravest."""


def show(engine: "Engine") -> None:
    """Set the gauges; a few times a second is enough."""
    metrics, units = engine.context.metrics, engine.units
    keys: dict[str, int] = dict.fromkeys(engine.tables, 0)
    decoded: dict[str, int] = dict.fromkeys(engine.tables, 0)
    for unit in units:
        for table, known, loaded in unit.memories.sizes():
            keys[table] += known
            decoded[table] += loaded
        for topic in unit.committed:
            lag = engine.lag(TP(topic, unit.number))
            metrics.lag_records.labels(topic, str(unit.number)).set(lag)
            metrics.lag_seconds.labels(topic, str(unit.number)).set(
                unit.inbox.age_s(topic, time()) if lag else 0.0
            )
    for table in engine.tables:
        metrics.memory_keys.labels(table).set(keys[table])
        metrics.memory_loaded.labels(table).set(decoded[table])
    opened = sum((stage.open_incidents() for unit in units for stage in unit.stages), Counter[str]())
    for rule in engine.context.knowledge.rules:
        metrics.incidents_open.labels(rule.id).set(opened[rule.id])
    graves = sum((stage.open_severities() for unit in units for stage in unit.stages), Counter[int]())
    for severity in SEVERITIES:
        metrics.incidents_open_severity.labels(str(severity)).set(graves[severity])
    for stage in engine.stages:
        times = [each.watermark for unit in units for each in unit.stages if each.name == stage.name]
        if times and min(times) > BEGINNING:
            metrics.watermark.labels(stage.name).set(min(times))
