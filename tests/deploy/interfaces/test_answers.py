"""What the gateway answers is what its OpenAPI document says."""

import json
from collections.abc import Mapping
from typing import Any

from deploy.interfaces.bundles import bundled
from deploy.interfaces.openapi import openapi
from monitor.interface.replies import check_output, encode_reply, feedback_output, unchecked_output
from tests.deploy.interfaces.strictly import Strict
from tests.streams.day import Day

REPLY = Strict(bundled(openapi(), [{"$ref": "#/components/schemas/Reply"}]))


def answer(output: Mapping[str, Any] | None, **more: Any) -> Any:
    return json.loads(encode_reply(msgid="m1", refmsg_time="1", respond_time="2", output=output, **more))


def test_an_answer_to_every_check_of_a_day_is_as_published(small_day: Day) -> None:
    verdicts = [row for row in small_day.of("verdict") if row["infno"] in {"3101", "3102"}]
    assert {row["decision"] for row in verdicts} == {"pass", "remind", "reject"}
    for verdict in verdicts:
        assert REPLY.faults(answer(check_output(verdict, patn_id="their own"))) == []


def test_every_other_answer_is_as_published() -> None:
    assert REPLY.faults(answer(unchecked_output(rules_version="1"))) == []
    assert REPLY.faults(answer(feedback_output(["jr"]))) == []
    assert REPLY.faults(answer(None, infcode=-1, err_msg="no")) == []


def test_an_answer_with_something_else_is_not() -> None:
    assert REPLY.faults(answer({"more": 1})) != []
    assert REPLY.faults(answer({"result": [{"warn_rslt_id": "jr", "jr_id": "jr"}]})) != []
