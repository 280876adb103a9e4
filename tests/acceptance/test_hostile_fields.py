"""Fields that a rule or an output needs: missing, null or of the wrong type means a dead letter."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import wire
from tests.acceptance import hostile
from tests.acceptance.bare import run_lines
from tests.acceptance.hostile import (
    DEAD,
    DEAD_OR_FINE,
    DEAD_OR_IGNORED,
    FINE,
    IGNORED,
    MARK,
    Case,
    Trial,
    drop,
    put,
)

AT = "2026-03-10 09:18:00"
Build = Callable[[str], dict[str, Any]]


def of(builder: Callable[..., dict[str, Any]], *args: Any, **kwargs: Any) -> Build:
    """A builder of a good record of one provider."""
    return lambda provider: builder("hostile", *args, at=AT, provider=provider, **kwargs)


SALE = hostile.sale
CALLS: dict[str, Build] = {
    "1101": of(wire.insured_record),
    "2203": of(wire.visit_details, mdtrt_id="M1", diagnoses=["J00.x00"]),
    "2204": of(wire.charges, mdtrt_id="M1", lines=[wire.line()]),
    "2205": of(wire.charges_withdrawn, mdtrt_id="M1"),
    "2207": of(wire.outpatient_settlement),
    "2301": of(wire.stay_charges, mdtrt_id="M1", lines=[wire.line()]),
    "2302": of(wire.stay_charges_withdrawn, mdtrt_id="M1"),
    "2304": of(wire.stay_settlement),
    "2401": of(wire.admission),
    "2402": of(wire.discharge, mdtrt_id="M1"),
    "2404": of(wire.admission_withdrawn, mdtrt_id="M1"),
    "2405": of(wire.discharge_withdrawn, mdtrt_id="M1"),
    "3102": of(wire.orders_checked, orders=[wire.order()]),
    "3505A": of(wire.goods_sold, setl_id="S1", codes=["8" * 19 + "1"]),
    "9601": of(wire.face_check),
    "9602": of(wire.face_registration),
}


def undo(kind: str) -> Build:
    """A good reversal or compensation of a sale."""

    def build(provider: str) -> dict[str, Any]:
        sale = wire.pharmacy_sale("hostile", at=AT, provider=provider)
        return (
            wire.reversal(sale, at=AT) if kind == "2103" else wire.compensation(sale, at=AT, person="hostile")
        )

    return build


CALLS |= {"2103": undo("2103"), "2601": undo("2601")}

LINE = "request.input.drugdetail.0"
ASKED = "request.input.druginfo"
INFO = "reply.output.setlinfo"
WRONG: dict[str, Any] = {
    "null": None,
    "a list": [MARK],
    "an object": {"a": MARK},
    "true": True,
}

make = hostile.Maker(3000)

for field in ("infno", "msgid", "inf_time", "fixmedins_code", "input"):
    path = f"request.{field}"
    may = DEAD_OR_FINE if field == "inf_time" else DEAD  # the call time of a settlement is its setl_time
    make.record(f"2102 without {field}", drop(path), may=may)
    for what, value in WRONG.items():
        if field == "input" and what == "an object":
            continue
        make.record(f"2102 with {what} as {field}", put(path, value), may=may)
for field in ("setl_time", "medfee_sumamt"):
    path = f"{INFO}.{field}"
    also = [f"{ASKED}.{field}"] if field == "medfee_sumamt" else []
    make.record(f"2102 without {field}", drop(path, *also))
    for what, value in WRONG.items():
        make.record(f"2102 with {what} as {field}", put(path, value), *(put(other, value) for other in also))
make.record("2102 without a person", drop(f"{INFO}.psn_no", f"{ASKED}.psn_no"))
for what, value in WRONG.items():
    make.record(
        f"2102 with {what} as the person", put(f"{INFO}.psn_no", value), put(f"{ASKED}.psn_no", value)
    )
make.record("2102 with two persons", put(f"{INFO}.psn_no", f"{MARK}another"), may=DEAD_OR_FINE)
for field in ("feedetl_sn", "fee_ocur_time", "med_list_codg", "det_item_fee_sumamt", "cnt", "pric"):
    path = f"{LINE}.{field}"
    make.record(f"a line without {field}", drop(path))
    for what, value in WRONG.items():
        make.record(f"a line with {what} as {field}", put(path, value))
for field, value in (("med_list_codg", 1.5), ("feedetl_sn", 0.25)):
    make.record(f"a line with a fraction as {field}", put(f"{LINE}.{field}", value), may=DEAD_OR_FINE)
make.record("2102 with lines in a text", put("request.input.drugdetail", MARK))
make.record("2102 with a number among the lines", put("request.input.drugdetail", [7]))
make.record("2102 with null among the lines", put("request.input.drugdetail", [None]))
make.record("2102 with a list among the lines", put("request.input.drugdetail", [[MARK]]))
make.record("2102 with traces in a text", put("request.input.drug_trac_info", MARK))
make.record(
    "2102 with an object as a trace code", put("request.input.drug_trac_info", [{"drug_trac_codg": {}}])
)
make.record("2102 with an object as infcode", put("reply.infcode", {"a": MARK}))
make.record("2102 with a text as infcode", put("reply.infcode", MARK), may=DEAD_OR_IGNORED)
make.record("2102 without infcode", drop("reply.infcode"), may=DEAD_OR_IGNORED)
make.record("2102 without output", drop("reply.output"), may=DEAD_OR_IGNORED)
make.record("2102 without setlinfo", drop("reply.output.setlinfo"), may=DEAD_OR_IGNORED)
make.record("2102 with a list as setlinfo", put("reply.output.setlinfo", [MARK]))
make.record("2102 with an object as setl_id", put(f"{INFO}.setl_id", {"a": MARK}))
make.record("2102 without setl_id", drop(f"{INFO}.setl_id"), may=IGNORED)
make.record("2102 with an empty setl_id", put(f"{INFO}.setl_id", ""), may=IGNORED)
make.record("2102 that failed and says nothing", put("reply", {"infcode": -1, "err_msg": MARK}), may=IGNORED)
make.record("2102 without druginfo", drop(ASKED), may=DEAD_OR_FINE)
for field in ("psn_name", "certno", "mdtrt_cert_no", "psn_type"):
    make.record(f"2102 without {field} nobody needs", drop(f"{ASKED}.{field}"), may=FINE)
for field in (
    "opter",
    "opter_name",
    "signtype",
    "infver",
    "recer_sys_code",
    "fixmedins_name",
    "mdtrtarea_admvs",
):
    make.record(f"2102 without {field} nobody needs", drop(f"request.{field}"), may=FINE)
    make.record(f"2102 with a list as {field} nobody needs", put(f"request.{field}", [MARK]), may=FINE)
for field in ("psn_name", "certno", "age", "balc", "clr_type"):
    make.record(
        f"2102 with an object as {field} nobody needs", put(f"{INFO}.{field}", {"a": [MARK]}), may=FINE
    )

NEEDED = {
    "1101": ["reply.output.baseinfo.psn_no", "request.inf_time"],
    "2103": ["request.input.data.setl_id", "request.inf_time"],
    "2203": ["request.input.mdtrtinfo.mdtrt_id", "request.input.mdtrtinfo.psn_no"],
    "2204": [
        *(
            f"request.input.feedetail.0.{name}"
            for name in ("feedetl_sn", "mdtrt_id", "psn_no", "fee_ocur_time")
        ),
        *(
            f"request.input.feedetail.0.{name}"
            for name in ("med_list_codg", "det_item_fee_sumamt", "cnt", "pric")
        ),
        "request.input.feedetail",
        "request.inf_time",
    ],
    "2205": ["request.input.data.mdtrt_id", "request.input.data.psn_no"],
    "2207": [f"{INFO}.setl_time"],
    "2301": [
        "request.input.feedetail.0.feedetl_sn",
        "request.input.feedetail.0.mdtrt_id",
        "request.input.feedetail",
    ],
    "2302": ["request.input.data.0.mdtrt_id", "request.input.data.0.feedetl_sn", "request.input.data"],
    "2304": [f"{INFO}.setl_time"],
    "2401": [
        "request.input.mdtrtinfo.begntime",
        "request.input.mdtrtinfo.psn_no",
        "request.input.mdtrtinfo",
        "reply.output.result.mdtrt_id",
    ],
    "2402": [f"request.input.dscginfo.{name}" for name in ("mdtrt_id", "endtime", "psn_no")],
    "2404": ["request.input.data.mdtrt_id", "request.input.data.psn_no", "request.input.data"],
    "2405": ["request.input.data.mdtrt_id", "request.input.data.psn_no"],
    "2601": [f"request.input.data.{name}" for name in ("omsgid", "oinfno", "psn_no")],
    "3102": [
        "request.input.data",
        "request.input.data.patient_dtos",
        "request.input.data.patient_dtos.0.patn_id",
        "request.input.data.patient_dtos.0.fsi_encounter_dtos",
        *(
            f"request.input.data.patient_dtos.0.fsi_encounter_dtos.0.fsi_order_dtos.0.{name}"
            for name in ("hilist_code", "cnt", "pric", "sumamt", "rx_id")
        ),
        "request.inf_time",
    ],
    "3505A": [f"request.input.selinfoDetail.0.{name}" for name in ("setl_id", "drugtracinfo")],
    "9601": ["request.input.recogInfo.psn_no", "request.input.recogInfo"],
    "9602": ["request.input.recogInfo.psn_no"],
}
for infno, paths in NEEDED.items():
    for path in paths:
        short = path.rsplit(".", 1)[-1]
        may = DEAD_OR_FINE if short == "rx_id" else DEAD
        if infno == "3505A":  # goods that were paid in cash have no settlement
            may = DEAD_OR_IGNORED
        make.record(f"{infno} without {short}", drop(path), of=CALLS[infno], may=may)
        make.record(f"{infno} with true as {short}", put(path, WRONG["true"]), of=CALLS[infno])
        make.record(f"{infno} with a nest as {short}", put(path, [[MARK]]), of=CALLS[infno])
make.record("9601 without a result", put("reply.output", {}), of=CALLS["9601"])
make.record("3102 with no patient", put("request.input.data.patient_dtos", []), of=CALLS["3102"])
make.record("3102 with null as patient", put("request.input.data.patient_dtos", [None]), of=CALLS["3102"])
make.record("2204 with no line", put("request.input.feedetail", []), of=CALLS["2204"], may=DEAD_OR_IGNORED)


def two_patients(record: dict[str, Any]) -> None:
    """A second patient in a 3101 or 3102."""
    patients = record["request"]["input"]["data"]["patient_dtos"]
    patients.append(patients[0] | {"patn_id": f"{MARK}second"})


make.record("3102 of two patients", two_patients, of=CALLS["3102"])
make.record(
    "3101 of two patients", two_patients, of=of(wire.orders_checked, orders=[wire.order()], infno="3101")
)


@pytest.fixture(scope="module")
def trial() -> Trial:
    return hostile.attempt(make.cases)


@pytest.mark.parametrize("case", make.cases, ids=lambda case: case.name)
def test_a_record_with_a_spoilt_field_has_the_fate_that_it_may_have(trial: Trial, case: Case) -> None:
    assert trial.fate(case) in case.may
    assert all(hostile.REASON.match(letter["reason"]) for letter in trial.dead(case))


def test_the_neighbours_of_spoilt_fields_are_judged_as_ever(trial: Trial) -> None:
    assert hostile.about_neighbours(trial.outcome) == hostile.about_neighbours(trial.without)
    assert trial.outcome.returncode == 0


def test_nothing_of_spoilt_fields_is_quoted(trial: Trial) -> None:
    assert MARK not in trial.outcome.text
    assert MARK not in trial.outcome.stderr


@pytest.mark.parametrize("infno", sorted(CALLS))
def test_the_calls_that_are_spoilt_here_are_good_before(infno: str) -> None:
    good = [wire.as_line(hostile.marked(CALLS[infno](wire.pharmacy(900)), 900))]
    assert run_lines(good).dead_letters == []
