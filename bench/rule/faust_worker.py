"""The rule as Faust's documentation writes such things: an agent and a tumbling table. At least once."""

from typing import Any

import faust

from bench.rule.data import LIMIT, PARTITIONS, WINDOW_MS
from bench.rule.given import Given

given = Given.here()
app = faust.App(
    given.group,
    broker=f"kafka://{given.bootstrap}",
    store="memory://",
    datadir=given.data,
    topic_partitions=PARTITIONS,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)


class Settlement(faust.Record, serializer="json"):
    """What the rule needs of one."""

    settlement_id: str
    person: str
    pharmacy: str
    ts: int


source = app.topic(
    given.source, key_type=str, key_serializer="raw", value_type=Settlement, partitions=PARTITIONS
)
findings = app.topic(given.findings, partitions=PARTITIONS, value_serializer="json")
# No `expires`: it goes by the wall clock and would drop windows of history while they are counted.
sales = (
    app.Table("sales", default=list, partitions=PARTITIONS)
    .tumbling(WINDOW_MS)
    .relative_to_field(Settlement.ts)  # type: ignore[arg-type]  # Faust makes the fields of a record descriptors
)


@app.agent(source)
async def count(settlements: Any) -> None:  # noqa: ANN401 - a Faust stream
    """Remember who came; say when the limit is reached."""
    async for settlement in settlements:
        persons = [*sales[settlement.pharmacy].value(), settlement.person]
        sales[settlement.pharmacy] = persons
        if len(persons) == LIMIT:
            await findings.send(
                key=settlement.pharmacy,
                value={
                    "pharmacy": settlement.pharmacy,
                    "window": settlement.ts // WINDOW_MS * WINDOW_MS,
                    "settlement_id": settlement.settlement_id,
                    "count": len(persons),
                    "persons": len(set(persons)),
                },
            )


if __name__ == "__main__":
    app.main()
