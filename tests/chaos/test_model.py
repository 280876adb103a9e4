"""The engine on the model: whatever happens, nothing is lost, doubled or invented; and the model can tell."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

import streams.engine.unit
from streams.engine.engine import Engine
from streams.engine.inbox import Inbox
from streams.engine.ledger import Ledger
from streams.engine.number_ledger import NumberLedger
from streams.engine.turn import Turn
from tests.chaos.model.broker import AGAIN, FENCED, NO_TRANSACTION, NONE, OUT_OF_ORDER, TOO_LARGE, Broker, Row
from tests.chaos.model.loop import StuckError, VirtualLoop
from tests.chaos.model.play import engine_on_the_model, play
from tests.chaos.model.stages import Door

SCHEDULES = 100
ENOUGH = 40
"""Schedules among which a broken Kafka must be noticed."""
SLOW_S = 0.2
A, B = TopicPartition("a", 0), TopicPartition("b", 0)
ROW: Row = (b"key", b"value", ())
SEED_OF_CALM = 1
"""A broker's luck without a verification that is not through."""


@pytest.fixture(autouse=True)
def model() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with engine_on_the_model():
        yield
    logging.disable(logging.NOTSET)


def test_a_hundred_schedules_of_faults_make_no_difference() -> None:
    wrong = {seed: said for seed in range(SCHEDULES) if (said := play(seed))}
    assert wrong == {}


@pytest.mark.parametrize("broken", ["fences", "aborts"])
def test_a_kafka_that_does_not_fence_or_abort_is_noticed(broken: str) -> None:
    assert any(play(seed, **{broken: False}) for seed in range(ENOUGH))


async def written_again(self: Ledger, rows: Any) -> Any:
    """After an unknown outcome, as if nothing had been done."""
    try:
        return await WRITE(self, rows)
    except (KafkaError, OSError, TimeoutError):
        self._producer = await self._until_done(self._init)
        self._sequences.clear()
        return await WRITE(self, rows)


def undone_by_half(self: Turn) -> Any:
    """What a failed record said stays said."""
    taken = self._taken
    self._begin()
    return taken, {}


def put_back_behind(self: Inbox, topic: str, taken: list[Any]) -> None:
    """What is taken again comes after what it stood before."""
    self.queues[topic].extend(taken)
    self.records += len(taken)


def not_recalled(self: Door, keys: Any) -> None:
    """The clock of a stage goes on though the record that moved it was undone."""
    if not hasattr(self, "_highest"):
        RECALL(self, keys)


async def ends_before(self: NumberLedger) -> Any:
    """The ends of the changelogs are read before the number is fenced, so its last owner may still move them."""
    await self._ledger._client.bootstrap()
    self.known_ends = await ENDS(self)  # type: ignore[attr-defined]  # a fault
    await asyncio.sleep(SLOW_S)
    await OPEN(self)


async def as_read_before(self: NumberLedger) -> Any:
    return self.known_ends  # type: ignore[attr-defined]  # as above


def kept_apart(positions: Any, turn: Turn) -> None:
    """Where to go on is not written with what was made of the records."""


async def never_read_again(self: Engine, number: int, *rest: Any) -> Any:
    """Memories outlive the transaction that they were changed in, though it was not committed."""
    known = self.__dict__.setdefault("known", {})
    if number not in known:
        known[number] = await NEW_UNIT(self, number, *rest)
    unit = known[number]
    unit._turn, unit._writing = unit._new_turn(), None
    return unit


WRITE, OPEN, ENDS, NEW_UNIT = Ledger.write, NumberLedger.open, NumberLedger.ends, Engine.new_unit
RECALL = Door.recall


@pytest.mark.parametrize(
    "faults",
    [
        {(Ledger, "write"): written_again},
        {(Turn, "undo"): undone_by_half},
        {(Inbox, "put_back"): put_back_behind},
        {(Door, "recall"): not_recalled},
        {(NumberLedger, "open"): ends_before, (NumberLedger, "ends"): as_read_before},
        {(streams.engine.unit, "keep_positions"): kept_apart},
        {(Engine, "new_unit"): never_read_again},
    ],
    ids=[
        "written again",
        "undone by half",
        "put back behind others",
        "clock not recalled",
        "ends before the fence",
        "positions left out",
        "memories that survive",
    ],
)
def test_an_engine_with_a_fault_is_noticed(
    faults: dict[tuple[Any, str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for (owner, name), fault in faults.items():
        monkeypatch.setattr(owner, name, fault)
    assert any(play(seed) for seed in range(ENOUGH))


def test_the_same_seed_plays_the_same() -> None:
    seed = next(seed for seed in range(ENOUGH) if play(seed, fences=False))
    assert play(seed, fences=False) == play(seed, fences=False)


def on_the_loop(test: Callable[[Broker], Awaitable[None]]) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        await test(Broker(Random(SEED_OF_CALM)))

    loop.run_until_complete(main())
    loop.close()


def opened(broker: Broker, name: str = "n") -> int:
    error, _, epoch = broker.init(name, 5.0)
    assert error == NONE
    return epoch


def test_nobody_reads_past_an_open_transaction() -> None:
    async def test(broker: Broker) -> None:
        epoch = opened(broker)
        broker.add_partitions("n", epoch, [A])
        assert broker.append("n", epoch, A, 0, [ROW]) == (NONE, 0)
        broker.write(A, ROW)
        assert (broker.stable(A), broker.committed(A)) == (0, [])
        assert broker.end("n", epoch, commit=True) == NONE
        await asyncio.sleep(1)
        assert [entry.offset for entry in broker.committed(A)] == [0, 1]
        assert broker.stable(A) == len(broker.log(A)) == 3, "two records and a marker"

    on_the_loop(test)


def test_all_partitions_of_a_transaction_are_committed_or_none() -> None:
    async def test(broker: Broker) -> None:
        for commit, expected in ((False, 0), (True, 1)):
            epoch = opened(broker)
            broker.add_partitions("n", epoch, [A, B])
            for tp in (A, B):
                broker.append("n", epoch, tp, 0, [ROW])
            broker.end("n", epoch, commit=commit)
            await asyncio.sleep(1)
            assert [len(broker.committed(tp)) for tp in (A, B)] == [expected, expected]

    on_the_loop(test)


def test_whoever_opens_last_has_the_id_and_what_was_open_is_gone() -> None:
    async def test(broker: Broker) -> None:
        old = opened(broker)
        broker.add_partitions("n", old, [A])
        broker.append("n", old, A, 0, [ROW])
        assert broker.init("n", 5.0)[0] == AGAIN, "markers are being written"
        await asyncio.sleep(1)
        new = opened(broker)
        assert new > old
        assert broker.append("n", old, A, 1, [ROW]) == (FENCED, -1)
        assert broker.end("n", old, commit=True) == FENCED
        assert broker.committed(A) == []

    on_the_loop(test)


def test_what_is_open_for_too_long_is_aborted_and_its_producer_fenced() -> None:
    async def test(broker: Broker) -> None:
        epoch = opened(broker)
        broker.add_partitions("n", epoch, [A])
        broker.append("n", epoch, A, 0, [ROW])
        await asyncio.sleep(4.9)
        broker.expire()
        assert broker.append("n", epoch, A, 1, [ROW])[0] == NONE, "it is open still"
        await asyncio.sleep(0.2)
        broker.expire()
        await asyncio.sleep(1)
        assert broker.quiet
        assert broker.end("n", epoch, commit=True) == FENCED
        assert broker.committed(A) == []

    on_the_loop(test)


def test_what_is_sent_twice_is_there_once_and_nothing_is_left_out() -> None:
    async def test(broker: Broker) -> None:
        epoch = opened(broker)
        broker.add_partitions("n", epoch, [A])
        assert broker.append("n", epoch, A, 0, [ROW, ROW]) == (NONE, 0)
        assert broker.append("n", epoch, A, 0, [ROW, ROW]) == (NONE, 0)
        assert broker.append("n", epoch, A, 3, [ROW]) == (OUT_OF_ORDER, -1)
        assert broker.append("n", epoch, B, 0, [ROW]) == (NO_TRANSACTION, -1), "it was not announced"
        assert len(broker.log(A)) == 2
        for _ in range(2):
            assert broker.end("n", epoch, commit=True) in (NONE, AGAIN)
        await asyncio.sleep(1)
        assert broker.end("n", epoch, commit=True) == NONE
        assert broker.end("n", epoch, commit=False) == NO_TRANSACTION

    on_the_loop(test)


def test_a_topic_refuses_what_is_too_large() -> None:
    async def test(broker: Broker) -> None:
        broker.bytes_max["a"] = 4
        epoch = opened(broker)
        broker.add_partitions("n", epoch, [A])
        assert broker.append("n", epoch, A, 0, [ROW]) == (TOO_LARGE, -1)

    on_the_loop(test)


def test_virtual_time_jumps_and_says_when_nothing_is_due() -> None:
    loop = VirtualLoop()
    loop.run_until_complete(asyncio.wait_for(asyncio.sleep(3_600), 4_000))
    assert 3_600 <= loop.time() < 3_601

    async def forever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StuckError):
        loop.run_until_complete(forever())
    loop.close()
