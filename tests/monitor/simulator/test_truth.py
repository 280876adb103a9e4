from pathlib import Path
from typing import Any

from monitor.simulator import Row, read_truth, score, write_truth

Json = dict[str, Any]


def a_row(
    kind: str = "fraud", *, msgid: str = "m1", must: tuple[str, ...] = (), may: tuple[str, ...] = ()
) -> Row:
    return Row(
        kind=kind,
        rule_id="LOC-DECEASED",
        scenario="card of the dead",
        provider="P1",
        msgid=msgid,
        setl_id="s1",
        msgids=(msgid,),
        setl_ids=("s1",),
        must_reject=must,
        may_reject=may,
    )


def a_finding(*, msgid: str = "m1", rule_id: str = "LOC-DECEASED", revision: int = 1, **more: object) -> Json:
    evidence = [{"msgid": msgid, "infno": "2102", "setl_id": None}]
    base: Json = {
        "finding_id": "f1",
        "revision": revision,
        "rule_id": rule_id,
        "status": "open",
        "evidence": evidence,
    }
    return base | more


def a_verdict(msgid: str, decision: str) -> Json:
    return {"msgid": msgid, "decision": decision}


def test_a_fraud_with_a_finding_is_found() -> None:
    summary = score([a_row()], [a_finding()], [])
    assert summary.found == {"LOC-DECEASED": 1}
    assert summary.clean


def test_a_finding_may_name_the_settlement_instead_of_the_message() -> None:
    finding = a_finding(evidence=[{"msgid": "other", "setl_id": "s1"}])
    assert score([a_row()], [finding], []).clean


def test_a_fraud_without_a_finding_is_missed() -> None:
    summary = score([a_row()], [], [])
    assert summary.missed == {"LOC-DECEASED": 1}
    assert not summary.clean


def test_a_finding_of_another_rule_does_not_find_it() -> None:
    summary = score([a_row()], [a_finding(rule_id="LOC-OFF-HOURS")], [])
    assert summary.missed == {"LOC-DECEASED": 1}
    assert summary.false_alarms == {"LOC-OFF-HOURS": 1}


def test_the_last_revision_counts_whatever_its_place() -> None:
    gone = a_finding(revision=2, status="withdrawn")
    assert score([a_row()], [gone, a_finding()], []).missed == {"LOC-DECEASED": 1}


def test_a_withdrawn_or_shadow_finding_is_no_alarm() -> None:
    assert score([], [a_finding(status="withdrawn")], []).clean
    assert score([], [a_finding(shadow=True)], []).clean


def test_a_finding_about_an_innocent_is_a_false_alarm_with_a_name() -> None:
    summary = score([a_row("innocent")], [a_finding()], [])
    assert summary.false_alarms == {"LOC-DECEASED": 1}
    assert "card of the dead" in summary.alarms[0]


def test_a_chance_group_is_neither_found_nor_a_false_alarm() -> None:
    summary = score([a_row("chance")], [a_finding()], [])
    assert summary.chance == {"LOC-DECEASED": 1}
    assert summary.clean


def test_a_rejection_must_be_listed() -> None:
    summary = score(
        [a_row(must=("m1",), may=("m0",))],
        [a_finding()],
        [a_verdict(m, "reject") for m in ("m0", "m1", "m2")],
    )
    assert summary.unlisted_rejections == ["m2"]


def test_a_listed_rejection_must_come() -> None:
    summary = score([a_row(must=("m1",), may=("m0",))], [a_finding()], [a_verdict("m1", "remind")])
    assert summary.missed_rejections == ["m1"]


def test_the_truth_survives_its_file(tmp_path: Path) -> None:
    rows = [a_row(must=("m1",)), a_row("innocent", msgid="m2")]
    write_truth(rows, tmp_path / "truth.jsonl")
    assert read_truth(tmp_path / "truth.jsonl") == rows
