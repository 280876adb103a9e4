"""Sends the records of a file at a fixed rate: `python -m bench.feeder FILE`, in the rivals' venv, which has librdkafka.

FILE is a pickled Load. Says when the first record was due and how late the latest was, in seconds; fails when the broker
refused one. A sender in Python takes a third of a core at 2,000 records a second, which on two cores is latency of the
monitor's; this one takes a twelfth.
"""

import pickle
import sys
from pathlib import Path
from typing import Final

from confluent_kafka import Producer

from bench.pace import Load, Pace

_LINGER_MS: Final = 5
"""What Kafka's own clients gather since 4.0."""
_BYTES_MAX: Final = 8 << 20


def main(file: str) -> None:
    """Send all, wait until all are acknowledged."""
    load: Load = pickle.loads(Path(file).read_bytes())  # noqa: S301 - of who started this
    refused: list[str] = []
    producer = Producer(
        {"bootstrap.servers": load.bootstrap, "linger.ms": _LINGER_MS, "message.max.bytes": _BYTES_MAX}
    )

    def answered(error: object, _: object) -> None:
        if error is not None:
            refused.append(str(error))

    def send(number: int) -> None:
        partition, key, value = load.rows[number]
        producer.produce(load.topic, value, key, partition, on_delivery=answered)
        producer.poll(0)

    pace = Pace(count=len(load.rows), rate=load.rate)
    pace.run(send)
    producer.flush()
    if refused:
        sys.exit(f"{len(refused):,} records were refused, the first because of: {refused[0]}")
    sys.stdout.write(f"{pace.began!r} {pace.behind_s!r}\n")


if __name__ == "__main__":
    main(sys.argv[1])
