"""How memories are written: small versioned pieces that every later release reads."""

import msgspec
import pytest
from msgspec.structs import replace

from monitor.audit import audit_person, audit_provider, audit_trace
from monitor.events import Charged, Event, Settled, TraceMark
from monitor.memory.facts import Added
from monitor.memory.person import PersonMemory
from monitor.memory.pieces import UnknownVersionError, decode, encode, kind_of
from monitor.memory.provider import ProviderMemory
from monitor.memory.trace import TraceMemory
from monitor.rules.examples import (
    DRUG,
    PERSON,
    PHARMACY,
    TRACE_CODE,
    a_line,
    a_reversal,
    a_settlement,
    a_visit_settlement,
    charges,
    orders,
)
from monitor.watermark import BEGINNING
from tests.monitor.builders import a_knowledge

KNOWLEDGE = a_knowledge()
SETTLED_V1 = (
    "01de000ba474797065a7736574746c6564a870726f7669646572a25031a5696e666e6fa432313032a56d736769"
    "64a26d31a6706572736f6ea170a26174ce69afdd90ad736574746c656d656e745f6964a25331a86d65645f7479"
    "7065a23431a3666565cd03e8a56c696e6573919ba131aa58413030303030303031ce69afdd90cd2710ce009896"
    "80cd03e807a0a0a0c2a67472616365739192b43831303030303030303030303030303030303031c3"
)
CHARGED_V1 = (
    "0187a474797065a763686172676564a870726f7669646572a24831a5696e666e6fa432323034a56d73676964a2"
    "6d32a6706572736f6ea170a26174ce69afdd90a56c696e6573919ba132aa58413030303030303031ce69afdd90"
    "cd2710ce00989680cd03e800a25631a24231a131c2"
)


def written_by(*events: Event) -> dict[str, bytes | None]:
    """What the last of these events writes."""
    memory = PersonMemory(PERSON)
    for event in events:
        memory.changes()
        audit_person(memory, event, watermark=BEGINNING, knowledge=KNOWLEDGE)
    return memory.changes()


def test_a_settlement_writes_itself_and_its_answer() -> None:
    pieces = written_by(a_settlement("S1"))
    assert sorted(map(kind_of, pieces)) == ["answer", "fact"]


def test_a_settlement_that_breaches_writes_its_finding_too() -> None:
    pieces = written_by(a_settlement("S1"), a_settlement("S2", lines=[a_line(amount="99.00")]))
    assert sorted(map(kind_of, pieces)) == ["answer", "fact", "finding"]


def test_a_settlement_with_trace_codes_writes_what_was_told_of_them() -> None:
    pieces = written_by(a_settlement("S1", traces=(TraceMark(TRACE_CODE),)))
    assert sorted(map(kind_of, pieces)) == ["answer", "fact", "sales"]


def test_a_fact_is_written_as_it_came() -> None:
    memory = PersonMemory(PERSON)
    event, raw = a_settlement("S1"), b"\x01as it came"
    memory.came(event, raw)
    audit_person(memory, event, watermark=BEGINNING, knowledge=KNOWLEDGE)
    pieces = memory.changes()
    assert [piece for kind, piece in pieces.items() if kind_of(kind) == "fact"] == [raw]


def test_a_fact_that_came_in_another_version_is_written_in_todays() -> None:
    memory = PersonMemory(PERSON)
    event = a_settlement("S1")
    memory.came(event, b"\x00" + encode(event)[1:])
    audit_person(memory, event, watermark=BEGINNING, knowledge=KNOWLEDGE)
    assert encode(event) in memory.changes().values()


def test_what_came_is_not_written_again_with_the_next_event() -> None:
    memory = PersonMemory(PERSON)
    first, second = a_settlement("S1"), a_settlement("S2")
    memory.came(first, b"\x01as it came")
    audit_person(memory, first, watermark=BEGINNING, knowledge=KNOWLEDGE)
    memory.changes()
    audit_person(memory, second, watermark=BEGINNING, knowledge=KNOWLEDGE)
    assert encode(second) in memory.changes().values()


def test_a_reversal_writes_itself_and_what_it_withdraws() -> None:
    wrong = a_settlement("S1", lines=[a_line(amount="99.00")])
    pieces = written_by(wrong, a_settlement("S2"), a_reversal("S1", at="10 09:30"))
    assert sorted(map(kind_of, pieces)) == ["fact", "finding"]


def test_charges_write_themselves_however_much_is_remembered() -> None:
    before = [charges(a_line(number=f"{n}"), visit=f"V{n}") for n in range(50)]
    pieces = written_by(*before, a_visit_settlement(visit="V1"), charges(a_line(number="99")))
    assert sorted(map(kind_of, pieces)) == ["fact"]


def test_what_is_forgotten_is_dropped_from_what_was_written() -> None:
    memory = PersonMemory(PERSON)
    audit_person(memory, a_settlement("S1"), watermark=BEGINNING, knowledge=KNOWLEDGE)
    first = memory.changes()
    later = a_settlement("S2", at="2028-03-10 09:00")
    audit_person(memory, later, watermark=later.at, knowledge=KNOWLEDGE)
    dropped = {piece for piece, written in memory.changes().items() if written is None}
    assert dropped == set(first)


def test_a_pharmacy_remembers_neither_lines_nor_codes_nor_who_the_patient_is() -> None:
    memory = ProviderMemory(PHARMACY)
    sale = a_settlement(
        "S1", lines=[a_line()], traces=(TraceMark(TRACE_CODE),), gender="1", birth_day=1, begin=2
    )
    audit_provider(memory, sale, watermark=BEGINNING, knowledge=KNOWLEDGE)
    (raw,) = memory.changes().values()
    assert raw is not None
    remembered = decode("fact", raw)
    assert (remembered.lines, remembered.traces, remembered.gender) == (None, (), "")
    assert (remembered.birth_day, remembered.begin) == (None, None)


def test_a_code_writes_one_piece_a_sale() -> None:
    memory = TraceMemory(TRACE_CODE)
    person = PersonMemory(PERSON)
    settled = a_settlement("S1", traces=(TraceMark(TRACE_CODE),))
    (sale,) = audit_person(person, settled, watermark=BEGINNING, knowledge=KNOWLEDGE).sales
    audit_trace(memory, sale, watermark=BEGINNING, knowledge=KNOWLEDGE)
    assert [kind_of(piece) for piece in memory.changes()] == ["sale"]


def test_changes_are_given_once() -> None:
    memory = PersonMemory(PERSON)
    audit_person(memory, a_settlement("S1"), watermark=BEGINNING, knowledge=KNOWLEDGE)
    assert memory.changes() != {}
    assert memory.changes() == {}


def test_a_piece_of_a_newer_release_is_refused_by_its_kind_without_its_content() -> None:
    newer = b"\x02" + encode(a_settlement("SECRET"))[1:]
    with pytest.raises(UnknownVersionError, match=r"^a fact piece of version 2$"):
        decode("fact", newer)
    with pytest.raises(UnknownVersionError):
        decode("fact", b"")


def test_facts_of_version_1_are_read_as_they_were_written() -> None:
    """Bytes of the first release: whoever changes a fact keeps this readable, or raises the version."""
    settled = bytes.fromhex(SETTLED_V1)
    charged = bytes.fromhex(CHARGED_V1)
    assert decode("fact", settled) == Settled(
        provider="P1",
        infno="2102",
        msgid="m1",
        person="p",
        at=1_773_133_200,
        settlement_id="S1",
        med_type="41",
        fee=1_000,
        lines=(a_line(DRUG, "1", days=7),),
        traces=(TraceMark(TRACE_CODE, split=True),),
    )
    assert decode("fact", charged) == Charged(
        provider="H1",
        infno="2204",
        msgid="m2",
        person="p",
        at=1_773_133_200,
        lines=(a_line(DRUG, "2", visit="V1", batch="B1", refund_of="1"),),
    )


def test_a_field_that_a_later_release_adds_does_not_stop_this_one() -> None:
    raw = msgspec.msgpack.decode(encode(a_settlement("S1"))[1:])
    raw["added_later"] = 1
    assert decode("fact", b"\x01" + msgspec.msgpack.encode(raw)) == a_settlement("S1")


def test_an_answer_of_before_digests_is_read_and_its_repeat_is_a_duplicate() -> None:
    check = replace(orders(a_line(DRUG, "1"), at="10 09:00"), infno="3101")
    other = replace(check, fee=check.fee + 1)
    memory = PersonMemory(PERSON)
    audit_person(memory, check, watermark=BEGINNING, knowledge=KNOWLEDGE)
    ((piece, raw),) = memory.changes().items()
    assert raw is not None
    fields = msgspec.msgpack.decode(raw[1:])
    del fields["asked"]
    before = b"\x01" + msgspec.msgpack.encode(fields)
    for written, said in ((raw, Added.CONFLICT), (before, Added.SAME)):
        loaded = PersonMemory.load(PERSON, {piece: written})
        assert audit_person(loaded, other, watermark=BEGINNING, knowledge=KNOWLEDGE).added is said
