"""What verdicts and findings look like, whatever the rule; and the command as a process."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests import wire
from tests.acceptance.city import busy_day
from tests.acceptance.conftest import Replay
from tests.acceptance.outcome import Outcome, result_rules, settled, sns

T = "2026-03-10 10:00:00"
AMOUNT = re.compile(r"-?\d+\.\d\d")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00")
VERDICT = {
    "type",
    "verdict_id",
    "msgid",
    "infno",
    "provider",
    "person",
    "mdtrt_id",
    "decision",
    "amount_refused",
    "results",
    "rules_version",
    "appeal",
    "fund_at_issue",
}
RESULT = {
    "jr_id",
    "rule_id",
    "rule_name",
    "vola_cont",
    "patn_id",
    "mdtrt_id",
    "judge_result_detail_dtos",
    "vola_amt",
    "vola_amt_stas",
    "sev_deg",
    "vola_evid",
    "vola_bhvr_type",
    "task_id",
}
FINDING = {
    "type",
    "finding_id",
    "revision",
    "rule_id",
    "rule_version",
    "rule_name",
    "kind",
    "severity",
    "status",
    "provider",
    "person",
    "amount",
    "occurred_at",
    "window",
    "observed",
    "limit",
    "evidence",
    "evidence_count",
    "lines",
    "law",
    "late",
    "shadow",
}


@pytest.fixture
def busy(replay: Replay) -> Outcome:
    records, tables = busy_day()
    return replay(records, reference=tables)


def test_verdicts_have_every_field_in_its_form(busy: Outcome) -> None:
    for verdict in busy.verdicts:
        assert set(verdict) >= VERDICT
        assert verdict["decision"] in {"pass", "remind", "reject"}
        assert AMOUNT.fullmatch(verdict["amount_refused"])
        assert (verdict["amount_refused"] == "0.00") is (verdict["decision"] != "reject")
        assert (verdict["fund_at_issue"] is None) is (verdict["infno"] in {"3101", "3102"})
        assert bool(verdict["results"]) is (verdict["decision"] != "pass")
    assert {each["decision"] for each in busy.verdicts} == {"pass", "remind", "reject"}


def test_results_have_every_field_of_the_national_object(busy: Outcome) -> None:
    results = [(verdict, each) for verdict in busy.verdicts for each in verdict["results"]]
    assert results
    for verdict, result in results:
        assert set(result) >= RESULT
        assert 0 < len(result["jr_id"]) <= 50
        assert len(result["rule_id"]) <= 50
        assert 0 < len(result["rule_name"]) <= 200
        assert 0 < len(result["vola_cont"]) <= 500
        assert len(result["vola_evid"]) <= 500
        assert result["patn_id"] == verdict["person"]
        assert str(result["sev_deg"]) in {"1", "2", "3"}
    assert len({each["jr_id"] for _, each in results}) == len(results)


def test_a_refusal_says_how_to_appeal(busy: Outcome) -> None:
    refused = [each for each in busy.verdicts if each["decision"] == "reject"]
    for verdict in refused:
        assert set(verdict["appeal"]) >= {"text", "contact", "until", "reference"}
        assert verdict["appeal"]["text"]
        assert verdict["appeal"]["reference"] in {each["jr_id"] for each in verdict["results"]}


def test_findings_have_every_field_in_its_form(busy: Outcome) -> None:
    for finding in busy.revisions:
        assert set(finding) >= FINDING
        assert AMOUNT.fullmatch(finding["amount"])
        assert TIME.fullmatch(finding["occurred_at"])
        assert finding["severity"] in {1, 2, 3}
        assert finding["status"] in {"open", "withdrawn"}
        assert finding["kind"] in {"reminder", "rejection", "mismatch", "burst", "lead"}
        assert finding["evidence_count"] >= len(finding["evidence"])
        for evidence in finding["evidence"]:
            assert set(evidence) >= {"msgid", "infno", "setl_id", "at", "person"}
            assert TIME.fullmatch(evidence["at"])
        for line in finding["lines"]:
            assert set(line) >= {"feedetl_sn", "item", "cnt", "amount", "at", "role"}
            assert AMOUNT.fullmatch(line["amount"])
            assert line["role"] in {"breaching", "involved"}
        assert isinstance(finding["shadow"], bool)
        assert isinstance(finding["late"], bool)


def test_a_finding_occurred_at_the_time_of_its_last_evidence(busy: Outcome) -> None:
    for finding in busy.open_findings:
        assert finding["occurred_at"] == max(each["at"] for each in finding["evidence"])


def test_only_rejections_and_mismatches_refuse(busy: Outcome) -> None:
    blocking = {each["rule_id"] for each in busy.open_findings if each["severity"] == 1}
    kinds = {each["kind"] for each in busy.open_findings if each["rule_id"] in blocking}
    assert kinds <= {"rejection", "mismatch"}


def test_revisions_rise_and_ids_are_unique(busy: Outcome) -> None:
    seen: dict[str, int] = {}
    for finding in busy.revisions:
        assert finding["revision"] > seen.get(finding["finding_id"], 0)
        seen[finding["finding_id"]] = finding["revision"]
    assert len({each["verdict_id"] for each in busy.verdicts}) == len(busy.verdicts)


def test_nothing_printed_holds_identity(busy: Outcome) -> None:
    for person in ("a1", "b1", "c1", "d1", "b4", "h1"):
        for secret in (wire.psn_no(person), wire.psn_no(person)[4:], f"{wire.psn_no(person)[10:]}X"):
            assert secret not in busy.text
            assert secret not in busy.stderr
    assert "某人" not in busy.text


def test_a_person_has_one_token(replay: Replay) -> None:
    one, two = (
        wire.pharmacy_sale("zhao", at=at, provider=p)
        for at, p in ((T, wire.PHARMACY), ("2026-03-11 10:00:00", wire.pharmacy(2)))
    )
    other = wire.pharmacy_sale("qian", at=T)
    outcome = replay([one, other, two])
    tokens = [outcome.verdict(each)["person"] for each in (one, two, other)]
    assert tokens[0] == tokens[1] != tokens[2]


def test_each_line_is_refused_once(replay: Replay) -> None:
    """One line breaches two rules on lines, and both lines the one on the whole settlement."""
    tables = {"drug_sex": "drug,gend\nXZFEMAL001,2\n"}
    lines = [wire.line("XZFEMAL001", amount="12.00", sn="A"), wire.line(sn="B")]
    sale = wire.pharmacy_sale("zhao", at=T, lines=lines, fund="20.00")
    outcome = replay([sale], reference=tables)
    assert outcome.decision(sale) == ("reject", "12.00")
    assert outcome.verdict(sale)["fund_at_issue"] == "12.00"
    dead = wire.insured_record("zhao", at="2026-03-10 09:00:00", die_date="2026-03-01")
    outcome = replay([dead, sale], reference=tables)
    assert outcome.decision(sale) == ("reject", "22.00")
    assert outcome.verdict(sale)["fund_at_issue"] == "20.00"
    assert result_rules(outcome.verdict(sale)) == [
        "GZ10000201002000",
        "GZ10000301004000",
        "LOC-DECEASED",
    ]
    assert sns(outcome.one("LOC-DECEASED")) == ["A", "B"]


def test_the_lines_of_a_reminder_do_not_add_to_what_is_refused(replay: Replay) -> None:
    tables = {"drug_group": "drug,group\nXZSTAT0001,s\nXZSTAT0002,s\n"}
    lines = [wire.line("XZSTAT0001", amount="12.00"), wire.line("XZSTAT0002")]
    sale = wire.pharmacy_sale("zhao", at=T, lines=lines)
    outcome = replay([sale], reference=tables)
    assert outcome.decision(sale) == ("reject", "12.00")
    assert len(outcome.verdict(sale)["results"]) == 2


def test_the_command_as_a_process_prints_the_same(replay_process: Replay, busy: Outcome) -> None:
    records, tables = busy_day()
    outcome = replay_process(records, reference=tables)
    assert outcome.returncode == 0
    assert "Traceback" not in outcome.stderr
    assert outcome.verdicts == busy.verdicts
    assert settled(outcome.open_findings) == settled(busy.open_findings)


def test_the_output_is_one_json_object_a_line(busy: Outcome) -> None:
    kinds = {json.loads(each)["type"] for each in busy.text.splitlines()}
    assert kinds == {"verdict", "finding", "incident"}


def test_a_compressed_feed_is_read_too(tmp_path: Path, replay_process: Replay) -> None:
    sale = wire.pharmacy_sale("zhao", at=T)
    packed = gzip.compress(wire.as_line(sale) + b"\n")
    assert gzip.decompress(packed).endswith(b"\n")
    (tmp_path / "feed.jsonl.gz").write_bytes(packed)
    outcome = replay_process([sale])
    assert len(outcome.verdicts) == 1
