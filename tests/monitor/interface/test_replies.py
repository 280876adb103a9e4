"""Answers in the national reply envelope."""

import json

from monitor.interface.replies import (
    check_output,
    encode_reply,
    feedback_output,
    unchecked_output,
    wire_time,
)

MSGID = "H43010000092202603100815000010"
RESULT = {
    "jr_id": "J" * 60,
    "rule_id": "GZ10000201002000",
    "rule_name": "名" * 300,
    "vola_cont": "容" * 600,
    "patn_id": "token",
    "mdtrt_id": "M1",
    "judge_result_detail_dtos": [{"jrd_id": "1", "patn_id": "token", "rx_id": "X1", "vola_amt": "1.00"}],
    "vola_amt": "1.00",
    "vola_evid": "证" * 600,
}
VERDICT = {
    "verdict_id": "v",
    "person": "token",
    "decision": "reject",
    "amount_refused": "1.00",
    "results": [RESULT],
    "rules_version": "r1",
    "appeal": {"reference": "J1"},
}


def test_a_reply_has_all_members_of_its_envelope() -> None:
    raw = encode_reply(msgid=MSGID, refmsg_time="20260310081500000", respond_time="20260310081500080")
    assert json.loads(raw) == {
        "infcode": 0,
        "inf_refmsgid": MSGID,
        "refmsg_time": "20260310081500000",
        "respond_time": "20260310081500080",
        "err_msg": "",
        "output": {},
    }


def test_a_failure_says_why_in_at_most_200_characters() -> None:
    raw = encode_reply(msgid="", refmsg_time="", respond_time="", infcode=-1, err_msg="错" * 300)
    said = json.loads(raw)
    assert said["infcode"] == -1
    assert said["err_msg"] == "错" * 200
    assert len(said["inf_refmsgid"]) == 30


def test_a_check_is_answered_with_the_caller_s_own_number_and_no_token() -> None:
    output = check_output(VERDICT, patn_id="4301")
    (result,) = output["result"]
    assert result["patn_id"] == result["judge_result_detail_dtos"][0]["patn_id"] == "4301"
    assert "token" not in json.dumps(output)
    assert set(output) == {"result", "decision", "amount_refused", "rules_version", "appeal"}


def test_texts_of_a_result_fit_their_fields() -> None:
    (result,) = check_output(VERDICT, patn_id="4301")["result"]
    assert [len(result[name]) for name in ("jr_id", "rule_name", "vola_cont", "vola_evid")] == [
        50,
        200,
        500,
        500,
    ]


def test_an_answer_that_came_too_late_lets_the_call_go_on() -> None:
    output = unchecked_output(rules_version="r1")
    assert (output["decision"], output["result"], output["amount_refused"]) == ("unchecked", [], "0.00")


def test_feedback_is_acknowledged_by_name() -> None:
    assert feedback_output(["J1"]) == {"result": [{"warn_rslt_id": "J1"}]}


def test_wire_time_has_milliseconds() -> None:
    assert wire_time(1_773_133_260_007) == "20260310090100007"
