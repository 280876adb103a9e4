"""Dates, amounts, counts and ids that are none: a dead letter, and nothing is quoted."""

import json
from typing import Any

import pytest

from tests import wire
from tests.acceptance import hostile
from tests.acceptance.hostile import ANY, DEAD, DEAD_OR_FINE, DEAD_OR_IGNORED, FINE, MARK, Case, Trial, put

LINE = "request.input.drugdetail.0"
ASKED = "request.input.druginfo"
INFO = "reply.output.setlinfo"
AT = "2026-03-10 09:18:00"

BAD_TIMES = (
    "2026-02-30 10:00:00",
    "2026-13-01 10:00:00",
    "2026-00-10 10:00:00",
    "2026-03-32 10:00:00",
    "2025-02-29 10:00:00",
    "2026-03-10 25:61:61",
    "2026-03-10 24:00:01",
    "2026-03-10 10:60:00",
    "2026-03-10 09:30:00Z",
    "2026-03-10 09:30:00+08:00",
    "2026-03-10 09:30:00 +0800",
    "2026-03-10T09:30:00",
    "2026-03-10T09:30:00+08:00",
    "2026/03/10 09:30:00",
    "10.03.2026 09:30",
    "",
    " ",
    "0000-00-00 00:00:00",
    "now",
    MARK,
    "２０２６-03-10 09:30:00",
    "2026-03-10 09:30:-1",
    "+2026-3-1 9:3:0",
    "1999-12-31 23:59:59",
    "2101-01-01 00:00:00",
    "9999-12-31 23:59:59",
    "0001-01-01 00:00:00",
    "1970-01-01 00:00:00",
    "10000-01-01 00:00:00",
)
BAD_AMOUNTS: tuple[Any, ...] = (
    "NaN",
    "nan",
    "sNaN",
    "Infinity",
    "-inf",
    "1e999999999",
    "abc",
    MARK,
    "1,000.00",
    "1.000,00",
    "10.00元",
    "¥10.00",
    "１０",
    "١٠",
    "1_000",
    "0x10",
    "--1",
    "1-",
    "1.2.3",
    ".",
    "-",
    "+",
    "e5",
    "10/2",
    "½",
    "²",
    "1\u00a0000",
    "10\u0000",
)

make = hostile.Maker(4000)

for bad in BAD_TIMES:
    make.record(f"setl_time {bad!r}", put(f"{INFO}.setl_time", bad))
    make.record(f"fee_ocur_time {bad!r}", put(f"{LINE}.fee_ocur_time", bad))
for bad in BAD_TIMES[:13]:
    make.record(
        f"inf_time of a 9601 {bad!r}",
        put("request.inf_time", bad),
        of=lambda provider: wire.face_check("hostile", at=AT, provider=provider),
    )
    make.record(
        f"endtime {bad!r}",
        put("request.input.dscginfo.endtime", bad),
        of=lambda provider: wire.discharge("hostile", at=AT, mdtrt_id="M1", provider=provider),
    )
    make.record(
        f"begntime of a stay {bad!r}",
        put("request.input.mdtrtinfo.begntime", bad),
        of=lambda provider: wire.admission("hostile", at=AT, provider=provider),
    )
for bad in ("2026-02-30", "1980-13-45", MARK, "19800520T00Z"):
    make.record(
        f"die_date {bad!r}",
        put("reply.output.baseinfo.die_date", bad),
        of=lambda provider: wire.insured_record("hostile", at=AT, provider=provider),
    )
    make.record(
        f"paus_insu_date {bad!r}",
        put("reply.output.insuinfo.0.paus_insu_date", bad),
        of=lambda provider: wire.insured_record("hostile", at=AT, provider=provider),
    )
for number in (1773135000, 20260310093000, 1.5, -1):
    make.record(f"setl_time as the number {number}", put(f"{INFO}.setl_time", number))

for bad in BAD_AMOUNTS:
    make.record(
        f"medfee_sumamt {bad!r}", put(f"{INFO}.medfee_sumamt", bad), put(f"{ASKED}.medfee_sumamt", bad)
    )
    make.record(f"det_item_fee_sumamt {bad!r}", put(f"{LINE}.det_item_fee_sumamt", bad))
for bad in BAD_AMOUNTS[:16]:
    make.record(f"cnt {bad!r}", put(f"{LINE}.cnt", bad))
    make.record(f"pric {bad!r}", put(f"{LINE}.pric", bad))
    make.record(f"fund_pay_sumamt {bad!r}", put(f"{INFO}.fund_pay_sumamt", bad))
for finite in (
    "1e18",
    "1e20",
    "1e308",
    "1e5000",
    "1e999999",
    "1e-5000",
    "1e-999999",
    "-1e999999",
    "0e999999",
):
    make.record(f"an amount of {finite}", put(f"{INFO}.medfee_sumamt", finite), may=DEAD_OR_FINE)
    make.record(f"a count of {finite}", put(f"{LINE}.cnt", finite), may=DEAD_OR_FINE)
    make.record(f"a price of {finite}", put(f"{LINE}.pric", finite), may=DEAD_OR_FINE)
    make.record(f"prd_days of {finite}", put(f"{LINE}.prd_days", finite), may=DEAD_OR_FINE)
for digits in (400, 5000, 900_000):
    huge = "9" * digits
    make.record(f"an amount of {digits} digits", put(f"{INFO}.medfee_sumamt", huge), may=DEAD_OR_FINE)
    make.record(f"a count of {digits} digits", put(f"{LINE}.cnt", huge), may=DEAD_OR_FINE)
    make.record(f"prd_days of {digits} digits", put(f"{LINE}.prd_days", huge), may=DEAD_OR_FINE)
for soft in (" 10.00", "10.00 ", "1e1", "1E+1", "+10.00", "10.", "1000e-2", "10.000000000000000000001"):
    make.record(f"det_item_fee_sumamt {soft!r}", put(f"{LINE}.det_item_fee_sumamt", soft), may=DEAD_OR_FINE)
for plain in ("10", "10.0", "10.00", "10.0000", "0010.00", 10, 10.0, 10.00):
    make.record(f"det_item_fee_sumamt {plain!r}", put(f"{LINE}.det_item_fee_sumamt", plain), may=FINE)
make.text("det_item_fee_sumamt 1e1 as a number", f"{LINE}.det_item_fee_sumamt", b"1e1", may=DEAD_OR_FINE)
make.text("det_item_fee_sumamt 10.00 as a number", f"{LINE}.det_item_fee_sumamt", b"10.00", may=FINE)

for path, name in (
    ("request.msgid", "msgid"),
    ("request.fixmedins_code", "fixmedins_code"),
    (f"{LINE}.feedetl_sn", "feedetl_sn"),
    (f"{LINE}.med_list_codg", "med_list_codg"),
):
    make.record(f"an empty {name}", put(path, ""))
    make.record(f"{name} of blanks", put(path, "   "), may=ANY)
    make.record(f"{name} of 10 kB", put(path, MARK * 800), may=ANY)
make.record("an empty person", put(f"{INFO}.psn_no", ""), put(f"{ASKED}.psn_no", ""))
make.record(
    "a person of 10 kB",
    put(f"{INFO}.psn_no", MARK * 800),
    put(f"{ASKED}.psn_no", MARK * 800),
    may=DEAD_OR_FINE,
)
for separator in ("\u2028", "\u2029", "\u0085", "\x7f", "\u200b", "\ufeff"):
    make.record(f"{separator!r} in a name", put("request.opter_name", f"a{separator}b"), may=FINE)
    make.record(f"{separator!r} in an item", put(f"{LINE}.med_list_codg", f"SV{separator}"), may=DEAD_OR_FINE)
make.record("a hundred thousand keys", put("request.sign_no", {f"k{n}": 0 for n in range(80_000)}), may=FINE)
make.record("a key of half a mebibyte", put("request.sign_no", {"k" * 500_000: 0}), may=FINE)
make.record("a hundred thousand empty objects", put("request.sign_no", [{}] * 200_000), may=FINE)
make.record("an infcode of 10 kB", put("reply.infcode", MARK * 800), may=DEAD_OR_IGNORED)
make.record("a name of 100 kB", put("request.opter_name", MARK * 8000), may=FINE)
make.record("a msgid with a line end", put("request.msgid", f"{MARK}\n{MARK}"), may=DEAD_OR_IGNORED)


@pytest.fixture(scope="module")
def trial() -> Trial:
    return hostile.attempt(make.cases)


@pytest.mark.parametrize("case", make.cases, ids=lambda case: case.name)
def test_a_value_that_is_none_has_the_fate_that_it_may_have(trial: Trial, case: Case) -> None:
    assert trial.fate(case) in case.may
    assert all(hostile.REASON.match(letter["reason"]) for letter in trial.dead(case))


@pytest.mark.parametrize(
    "case",
    [case for case in make.cases if "verdict" in case.may and "sumamt" in case.name],
    ids=lambda case: case.name,
)
def test_an_amount_that_is_taken_is_read_rightly(trial: Trial, case: Case) -> None:
    verdicts = [verdict for verdict in trial.outcome.verdicts if verdict["msgid"] == case.msgid]
    assert [verdict["decision"] for verdict in verdicts] in ([], ["pass"])


def test_the_neighbours_of_bad_values_are_judged_as_ever(trial: Trial) -> None:
    assert hostile.about_neighbours(trial.outcome) == hostile.about_neighbours(trial.without)
    assert trial.outcome.returncode == 0


def test_no_bad_value_is_quoted_where_content_must_not_stand(trial: Trial) -> None:
    assert MARK not in trial.outcome.stderr
    assert not [letter for letter in trial.outcome.dead_letters if MARK in json.dumps(letter)]


def test_every_case_that_must_die_has_one_letter(trial: Trial) -> None:
    must = [case for case in make.cases if case.may == DEAD]
    assert [case.name for case in must if len(trial.dead(case)) != 1] == []
