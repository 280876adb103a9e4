"""The finding: its fields, its revisions, its evidence and its lines."""

import json
import re

import pytest

from tests import wire
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import rfc, sns
from tests.wire.envelope import certno

ARITHMETIC = "GZ10000201002000"
BURST = "LOC-PHARMACY-BURST"
REPEAT = "LOC-CARD-REPEAT"
HOPPING = "LOC-CARD-HOPPING"
TRACE = "LOC-TRACE-REUSED"
COVER = "LOC-COVER-INACTIVE"
AT = "2026-03-10 12:00:00"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00\Z")
FIELDS = {
    *("type", "finding_id", "revision", "rule_id", "rule_version", "rule_name", "kind", "severity", "status"),
    *(
        "provider",
        "person",
        "amount",
        "occurred_at",
        "window",
        "observed",
        "limit",
        "evidence",
        "evidence_count",
    ),
    *("lines", "law", "late", "shadow"),
}


def minute(n: int) -> str:
    """So many minutes after noon."""
    return wire.later(AT, minutes=n)


def off(sn: str = "") -> wire.Record:
    """A line that does not add up."""
    return wire.line(amount="12.00", sn=sn)


def burst(at: str, persons: int = 4, *, names: str = "p", gap_s: int = 10) -> list[wire.Record]:
    """Several persons at one pharmacy within seconds."""
    return [wire.pharmacy_sale(f"{names}{n}", at=wire.later(at, seconds=gap_s * n)) for n in range(persons)]


def test_a_finding_has_its_fields(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off("D1")], setl_id="S1")
    outcome = replay([sale])
    finding = outcome.one(ARITHMETIC)
    assert set(finding) >= FIELDS
    assert (finding["kind"], finding["severity"], finding["status"]) == ("rejection", 1, "open")
    assert (finding["provider"], finding["person"]) == (wire.PHARMACY, outcome.verdict(sale)["person"])
    assert (finding["amount"], finding["occurred_at"]) == ("12.00", rfc(AT))
    assert (finding["late"], finding["shadow"]) == (False, False)
    assert isinstance(finding["revision"], int)
    assert finding["rule_name"]
    assert finding["law"]


def test_evidence_and_lines_have_their_fields(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off("D1")], setl_id="S1")
    outcome = replay([sale])
    finding = outcome.one(ARITHMETIC)
    (evidence,), (line,) = finding["evidence"], finding["lines"]
    assert evidence == {
        "msgid": sale["request"]["msgid"],
        "infno": "2102",
        "setl_id": "S1",
        "at": rfc(AT),
        "person": finding["person"],
    }
    assert set(line) == {"feedetl_sn", "item", "cnt", "amount", "at", "role"}
    assert (line["feedetl_sn"], line["item"], line["amount"]) == ("D1", "SV00000001", "12.00")
    assert (float(line["cnt"]), line["at"], line["role"]) == (1.0, rfc(AT), "breaching")


def test_evidence_that_is_no_settlement_has_no_setl_id(replay: Replay) -> None:
    records = [
        wire.face_check("a", at=minute(0)),
        *wire.outpatient_visit("a", at=minute(1), lines=[wire.line()]),
    ]
    evidence = replay(records).one("LOC-FACE-MISMATCH")["evidence"]
    assert [(each["infno"], each["setl_id"] is None) for each in evidence] == [
        ("9601", True),
        ("2207", False),
    ]


def test_every_time_of_every_row_is_rfc_3339_in_china_time(replay: Replay) -> None:
    records = [wire.insured_record("p1", at=minute(-9), status="4"), *burst(AT, 5)]
    for row in map(json.loads, replay(records).text.splitlines()):
        for name in ("occurred_at", "opened_at", "last_seen_at"):
            assert name not in row or TIME.match(row[name])
        for each in [*row.get("evidence", []), *row.get("lines", [])]:
            assert TIME.match(each["at"])
        if row.get("window"):
            assert set(row["window"]) == {"from", "to"}
            assert all(TIME.match(at) for at in row["window"].values())


def test_one_finding_for_each_rule_and_settlement(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("a", at=wire.later(AT, hours=n), lines=[off(), off()]) for n in range(3)]
    outcome = replay(sales)
    assert [each["amount"] for each in outcome.open_of(ARITHMETIC)] == ["24.00"] * 3
    assert len({each["finding_id"] for each in outcome.open_of(ARITHMETIC)}) == 3


def test_a_burst_grows_under_one_id_with_rising_revisions(replay: Replay) -> None:
    outcome = replay(burst(AT, 7))
    finding = outcome.one(BURST)
    assert (finding["evidence_count"], finding["observed"], finding["limit"]) == (7, 7, 4)
    revisions = [row["revision"] for row in outcome.revisions if row["rule_id"] == BURST]
    assert revisions == sorted(set(revisions))
    assert len({row["finding_id"] for row in outcome.revisions if row["rule_id"] == BURST}) == 1


def test_a_burst_is_of_several_persons_and_sums_the_fees(replay: Replay) -> None:
    finding = replay(burst(AT)).one(BURST)
    assert (finding["person"], finding["amount"], finding["kind"]) == (None, "40.00", "burst")
    assert finding["occurred_at"] == rfc(wire.later(AT, seconds=30))


def test_a_burst_is_a_chain_of_windows_that_share_a_settlement(replay: Replay) -> None:
    # Six persons, 40 s apart: no window holds more than four of them, one chain holds all six.
    finding = replay(burst(AT, 6, gap_s=40)).one(BURST)
    assert (finding["evidence_count"], finding["observed"]) == (6, 4)


def test_windows_that_share_no_settlement_are_two_bursts(replay: Replay) -> None:
    outcome = replay([*burst(AT), *burst(minute(3))])
    assert [each["evidence_count"] for each in outcome.open_of(BURST)] == [4, 4]


def test_a_late_settlement_joins_two_bursts_and_the_younger_is_withdrawn(replay: Replay) -> None:
    one, two = burst(AT, gap_s=15), burst(wire.later(AT, seconds=180), names="q", gap_s=15)
    between = [
        wire.pharmacy_sale(f"late{n}", at=wire.later(AT, seconds=seconds))
        for n, seconds in enumerate((90, 120, 150))
    ]
    apart = replay([*one, *two])
    older, younger = apart.open_of(BURST)
    joined = replay([*one, *two, *between])
    finding = joined.one(BURST)
    assert finding["finding_id"] == older["finding_id"]
    assert finding["evidence_count"] == 11
    assert [each["finding_id"] for each in joined.withdrawn_of(BURST)] == [younger["finding_id"]]


def test_what_is_withdrawn_comes_again_with_a_higher_revision(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off()])
    outcome = replay([sale, wire.reversal(sale, at=minute(60))])
    first, second = (row for row in outcome.revisions if row["rule_id"] == ARITHMETIC)
    assert (first["status"], second["status"]) == ("open", "withdrawn")
    assert second["revision"] > first["revision"]
    assert first["finding_id"] == second["finding_id"]


def test_a_finding_that_is_open_again_has_a_higher_revision(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off()])
    undone = wire.compensation(sale, at=minute(1), person="a")
    again = wire.compensation(undone, at=minute(2), person="a")
    outcome = replay([sale, undone, again])
    rows = [row for row in outcome.revisions if row["rule_id"] == ARITHMETIC]
    assert [row["status"] for row in rows] == ["open", "withdrawn", "open"]
    assert [row["revision"] for row in rows] == sorted({row["revision"] for row in rows})


def test_evidence_is_the_last_200_and_its_count_is_exact(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("a", at=minute(n)) for n in range(205)]
    finding = replay(sales).one(REPEAT)
    assert (finding["evidence_count"], len(finding["evidence"]), finding["amount"]) == (205, 200, "2050.00")
    assert [each["msgid"] for each in finding["evidence"]] == [sale["request"]["msgid"] for sale in sales[5:]]


def test_lines_are_the_last_200(replay: Replay) -> None:
    sale = wire.pharmacy_sale("a", at=AT, lines=[off(f"D{n:04d}") for n in range(230)])
    outcome = replay([sale])
    finding = outcome.one(ARITHMETIC)
    assert sns(finding) == [f"D{n:04d}" for n in range(30, 230)]
    assert finding["amount"] == "2760.00"
    assert outcome.decision(sale) == ("reject", "2760.00")


@pytest.mark.parametrize("last", [1, 2])
def test_where_several_the_provider_is_that_of_the_last_evidence(replay: Replay, last: int) -> None:
    order = (3 - last, last)
    sales = [
        wire.pharmacy_sale("a", at=minute(9 * n), provider=wire.pharmacy(p)) for n, p in enumerate(order)
    ]
    finding = replay(sales).one(HOPPING)
    assert (finding["provider"], finding["occurred_at"]) == (wire.pharmacy(last), rfc(minute(9)))


def test_the_breaching_one_of_a_pair_is_the_later_by_time_and_message(replay: Replay) -> None:
    table = {"once_per_day": "item\nAB11000001\n"}
    one = wire.pharmacy_sale("a", at=AT, msgid="B" * 30, lines=[wire.line("AB11000001", sn="D1")])
    two = wire.pharmacy_sale("a", at=AT, msgid="A" * 30, lines=[wire.line("AB11000001", sn="D2")])
    for records in ([one, two], [two, one]):
        finding = replay(records, reference=table).one("GZ10000102012000")
        assert (sns(finding), sns(finding, "involved")) == (["D1"], ["D2"])


def test_amounts_of_rejections_count_at_any_severity_and_reminders_count_nothing(replay: Replay) -> None:
    table = {"diagnosis_sex": "diagnosis_prefix,gend\nO80,2\n"}
    records = [
        wire.insured_record("a", at="2026-03-08 12:00:00", status="4"),
        wire.pharmacy_sale("a", at=AT, dise_codg="O80.000", lines=[wire.line(pric="33.00")]),
    ]
    outcome = replay(records, reference=table)
    assert (outcome.one(COVER)["severity"], outcome.one(COVER)["amount"]) == (2, "33.00")
    reminder = outcome.one("GZ10000204006000")
    assert (reminder["kind"], reminder["severity"], reminder["amount"]) == ("reminder", 2, "0.00")


def test_a_lead_sums_the_fees_of_its_evidence(replay: Replay) -> None:
    sale = wire.pharmacy_sale(
        "a", at="2026-03-10 23:00:00", lines=[wire.line(pric="1.23"), wire.line(pric="4.00")]
    )
    lead = replay([sale]).one("LOC-OFF-HOURS")
    assert (lead["kind"], lead["severity"], lead["amount"]) == ("lead", 3, "5.23")


def test_observed_and_limit_are_numbers_or_null(replay: Replay) -> None:
    records = [*burst(AT), wire.pharmacy_sale("x", at=minute(5), lines=[off()])]
    for finding in replay(records).findings:
        for name in ("observed", "limit"):
            assert finding[name] is None or type(finding[name]) in (int, float)


def test_no_identity_stands_in_any_row(replay: Replay) -> None:
    outcome = replay([*burst(AT, 5), wire.pharmacy_sale("p1", at=minute(9), lines=[off()])])
    for name in ("p0", "p1"):
        assert wire.psn_no(name) not in outcome.text + outcome.stderr
        assert certno(name) not in outcome.text + outcome.stderr
    assert "某人" not in outcome.text + outcome.stderr


def test_tokens_depend_on_the_key_alone(replay: Replay) -> None:
    sales = [wire.pharmacy_sale("a", at=AT), wire.pharmacy_sale("a", at=minute(9), provider=wire.pharmacy(2))]
    one, two = replay(sales).verdicts
    assert one["person"] == two["person"]
    assert wire.psn_no("a") not in one["person"]
