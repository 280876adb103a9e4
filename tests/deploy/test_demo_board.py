from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from rich.console import Console

from deploy.local.demo import summary, town, view
from deploy.local.demo.board import Board, quantile
from deploy.local.demo.setup import forget_settings
from monitor.simulator import START, Row

FRAUD = Row(
    kind="fraud",
    rule_id="LOC-CARD-REPEAT",
    scenario="a card is swiped again and again",
    provider="P1",
    msgid="m1",
    setl_id="s1",
    msgids=("m1",),
    setl_ids=("s1",),
    must_reject=(),
    may_reject=(),
)


@pytest.fixture
def board() -> Board:
    made = Board(total=2, names={"P1": "益康大药房"})
    for msgid in ("m1", "m2"):
        made.note_played(msgid)
    return made


def verdict(msgid: str, decision: str = "pass", infno: str = "2102") -> bytes:
    return orjson.dumps({"msgid": msgid, "decision": decision, "infno": infno})


def finding(**changed: Any) -> bytes:
    row = {
        "finding_id": "f1",
        "revision": 1,
        "rule_id": "LOC-CARD-REPEAT",
        "status": "open",
        "shadow": False,
        "evidence": [{"msgid": "m1", "setl_id": "s1"}],
    }
    return orjson.dumps(row | changed)


def incident(**changed: Any) -> bytes:
    row = {
        "incident_id": "i1",
        "revision": 1,
        "provider": "P1",
        "amount": "45.20",
        "severity": 2,
        "last_seen_at": "2026-03-10T08:30:00+08:00",
        "summary": "同一参保人反复刷卡[3]次",
    }
    return orjson.dumps(row | changed)


def judged(board: Board, truth: Iterable[Row] = (FRAUD,), *, drained: bool = True) -> summary.Outcome:
    return summary.judge(board, list(truth), drained=drained)


@pytest.mark.parametrize("share, expected", [(0.0, 1.0), (0.5, 2.0), (0.51, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_a_quantile_is_the_smallest_value_that_the_share_does_not_exceed(
    share: float, expected: float
) -> None:
    assert quantile([4.0, 1.0, 3.0, 2.0], share) == expected


def test_nothing_has_no_quantile() -> None:
    assert quantile([], 0.5) is None


def test_the_first_verdict_on_a_call_counts_and_its_repeats_do_not(board: Board) -> None:
    board.note_verdict(verdict("m1", "reject"), 0.1)
    board.note_verdict(verdict("m1", "pass"), 0.1)

    assert board.verdicts == {"reject": 1}
    assert board.stream_latency.count == 1


def test_what_somebody_else_asks_the_gateway_is_no_part_of_the_city(board: Board) -> None:
    board.note_verdict(verdict("by hand", "reject", "3102"), 0.1)

    assert not board.verdicts
    assert not judged(board).summary.unlisted_rejections


def test_checks_have_their_latency_measured_by_those_who_ask(board: Board) -> None:
    board.note_verdict(verdict("m1", infno="3102"), 9.0)

    assert board.stream_latency.count == 0


def test_a_demo_that_found_every_kind_is_a_success(board: Board) -> None:
    board.note_finding(finding())

    assert judged(board).faults == ()


def test_a_kind_that_was_never_found_is_named(board: Board) -> None:
    assert "LOC-CARD-REPEAT" in judged(board).faults[0]


def test_a_finding_that_was_withdrawn_is_not_found(board: Board) -> None:
    board.note_finding(finding(revision=2, status="withdrawn"))
    board.note_finding(finding(revision=1))

    assert judged(board).faults


def test_a_rejection_that_the_truth_does_not_list_is_a_fault(board: Board) -> None:
    board.note_finding(finding())
    board.note_verdict(verdict("m2", "reject"), 0.1)

    assert "m2" in judged(board).faults[0]


def test_a_stream_that_was_not_through_in_time_is_a_fault(board: Board) -> None:
    board.note_finding(finding())

    assert "in time" in judged(board, drained=False).faults[0]


def test_a_city_that_was_not_played_to_its_end_is_a_fault(board: Board) -> None:
    board.note_finding(finding())
    board.total = 3

    assert "only 2 of 3" in judged(board).faults[0]


def test_an_incident_is_told_once_and_as_it_is_now(board: Board) -> None:
    board.note_incident(incident())
    board.note_incident(incident(revision=2, amount="90.00"))
    board.note_incident(incident(revision=1))

    assert [row["amount"] for row in board.told_incidents()] == ["90.00"]


def test_people_read_the_providers_name_the_amount_and_what_happened(board: Board) -> None:
    board.note_incident(incident())
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123  # nobody reads it
    console.print(view.picture(board))
    shown = console.export_text()

    for word in ("益康大药房", "¥45.20", "同一参保人反复刷卡[3]次"):
        assert word in shown
        assert word in view.line_of(board, board.told_incidents()[0])


def test_the_comparison_names_every_rule_and_every_fault(board: Board) -> None:
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123  # nobody reads it
    summary.tell(judged(board), board, console, language="en")
    shown = console.export_text()

    assert "LOC-TRACE-REUSED" in shown
    assert "FAILED" in shown
    assert "0 of 1 found, 1 missed" in shown


def test_a_small_wish_still_gives_a_city_with_all_its_scenes() -> None:
    assert town.city_for(seed=1, records=10).records == town.RECORDS_MIN


def test_the_played_day_is_never_one_to_come() -> None:
    city = town.city_for(seed=1, records=10)

    assert city.start <= START
    assert city.start < town._today()


def test_a_record_is_known_by_its_persons_and_its_envelope() -> None:
    record = next(each for each in town.records(town.city_for(seed=1, records=10)) if each.infno == "2102")

    assert orjson.loads(record.raw)["request"] == orjson.loads(record.request)
    assert record.persons
    assert record.msgid.startswith(record.provider)


def test_settings_for_another_monitor_do_not_reach_the_demo() -> None:
    environment = {"MONITOR_REGION": "/other.toml", "MONITOR_LANGUAGE": "en", "PATH": "/bin"}
    forget_settings(environment)

    assert environment == {"MONITOR_LANGUAGE": "en", "PATH": "/bin"}
