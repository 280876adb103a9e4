"""The rule as Quix Streams' documentation writes such things: a tumbling window reduced over a stream of JSON."""

import os
from typing import Any

from quixstreams import Application
from quixstreams.models import TopicConfig

from bench.rule.data import LIMIT, PARTITIONS, WINDOW_MS
from bench.rule.given import EXACTLY_ONCE, Given

# The default; readers see what is committed, so a latency of any use needs a shorter one, which costs a half.
_COMMIT_S = float(os.environ.get("BENCH_COMMIT_S", "5"))


def _event_time(value: Any, *_: Any) -> int:  # noqa: ANN401 - JSON
    return int(value["ts"])


def _first(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "count": 1,
        "persons": [value["person"]],
        "pharmacy": value["pharmacy"],
        "by": value["settlement_id"],
    }


def _next(known: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    known["count"] += 1
    if value["person"] not in known["persons"]:
        known["persons"].append(value["person"])
    known["by"] = value["settlement_id"]
    return known


def _finding(window: dict[str, Any]) -> dict[str, Any]:
    value = window["value"]
    return {
        "pharmacy": value["pharmacy"],
        "window": window["start"],
        "settlement_id": value["by"],
        "count": value["count"],
        "persons": len(value["persons"]),
    }


def main() -> None:
    """Run until told to stop."""
    given = Given.here()
    exactly_once = given.guarantee == EXACTLY_ONCE
    app = Application(
        broker_address=given.bootstrap,
        consumer_group=given.group,
        auto_offset_reset="earliest",
        processing_guarantee=given.guarantee,
        state_dir=given.data,
        loglevel="WARNING",
        **({"commit_interval": _COMMIT_S} if exactly_once else {}),
    )
    config = TopicConfig(num_partitions=PARTITIONS, replication_factor=1)
    source = app.topic(
        given.source,
        key_deserializer="str",
        value_deserializer="json",
        timestamp_extractor=_event_time,
        config=config,
    )
    findings = app.topic(given.findings, key_serializer="str", value_serializer="json", config=config)
    stream = app.dataframe(source)
    windows = (
        stream.tumbling_window(WINDOW_MS, grace_ms=WINDOW_MS)
        .reduce(reducer=_next, initializer=_first)
        .current()
    )
    windows.filter(lambda window: window["value"]["count"] == LIMIT).apply(_finding).to_topic(findings)
    app.run()


if __name__ == "__main__":
    main()
