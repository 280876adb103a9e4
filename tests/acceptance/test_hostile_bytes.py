"""Records that are no JSON, or JSON that no reader should meet: a dead letter each, and the rest goes on."""

import json

import pytest

from tests import wire
from tests.acceptance import hostile
from tests.acceptance.hostile import DEAD, DEAD_OR_FINE, DEAD_OR_IGNORED, FINE, IGNORED, MARK, Case, Trial

DRUG = "request.input.druginfo"
LINE = "request.input.drugdetail.0"
INFO = "reply.output.setlinfo"

make = hostile.Maker(2000)

for name, raw in {
    "no JSON at all": f"{MARK} is no record".encode(),
    "an opening brace": b"{",
    "a closing brace": b"}",
    "an array": f'["{MARK}"]'.encode(),
    "an empty array": b"[]",
    "an empty object": b"{}",
    "a text": f'"{MARK}"'.encode(),
    "a number": b"42",
    "true": b"true",
    "null": b"null",
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "one NUL byte": b"\x00",
    "many NUL bytes": b"\x00" * 4096,
    "random bytes": bytes(range(128, 256)) * 4,
    "a gzip header": b"\x1f\x8b\x08\x00",
    "XML": f"<request>{MARK}</request>".encode(),
    "CSV": f"2102,{MARK},10.00".encode(),
    "single quotes": f"{{'request': '{MARK}'}}".encode(),
    "a comment": f'{{"request": {{}} /* {MARK} */}}'.encode(),
    "UTF-16": f'{{"request": "{MARK}"}}'.encode("utf-16-le").replace(b"\n", b""),
    "only brackets": b"[" * 10_000,
    "only braces": b'{"a":' * 10_000,
    "request is null": b'{"request":null,"reply":null}',
    "request is a text": f'{{"request":"{MARK}","reply":null}}'.encode(),
    "request is a list": b'{"request":[],"reply":null}',
    "request is empty": b'{"request":{},"reply":{}}',
    "no request": b'{"reply":{"infcode":0}}',
}.items():
    make.raw(name, raw)
make.raw("an empty line", b"", may=DEAD_OR_IGNORED)
make.raw("blanks", b"  \t ", may=DEAD_OR_IGNORED)

good = wire.as_line(hostile.marked(hostile.sale(wire.pharmacy(1999)), 1999))
make.raw("cut in the middle", good[: len(good) // 2])
make.raw("without its last brace", good[:-1])
make.raw("two records on one line", good + good)
make.raw("something behind the record", good + MARK.encode())
make.raw("a comma too many", good[:-1] + b",}")
make.raw("a bare envelope", json.dumps(json.loads(good)["request"]).encode())
make.raw("a record in an array", b"[" + good + b"]")
make.raw("a record in a text", json.dumps(good.decode()).encode())

make.record("reply is a list", hostile.put("reply", [MARK]))
make.record("reply is a text", hostile.put("reply", MARK))
make.record("reply is a number", hostile.put("reply", 7))
make.record("reply is true", hostile.put("reply", True))  # noqa: FBT003 - the wrong type is the case
make.record("input is a list", hostile.put("request.input", [MARK]))
make.record("input is a text", hostile.put("request.input", MARK))
make.record("input is null", hostile.put("request.input", None))
make.record("output is a list", hostile.put("reply.output", [MARK]))
make.record("output is a text", hostile.put("reply.output", MARK))

for where, path in {
    "a needed amount": f"{INFO}.medfee_sumamt",
    "a needed count": f"{LINE}.cnt",
    "an unneeded amount": f"{INFO}.balc",
}.items():
    for bad in (
        b"NaN",
        b"-NaN",
        b"Infinity",
        b"-Infinity",
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"0x10",
        b"1_0",
        b"TRUE",
    ):
        make.text(f"{bad.decode()} as {where}", path, bad)
for bad in (b"1e400", b"-1e400", b"1E+999999"):
    make.text(f"{bad.decode()} as a needed amount", f"{INFO}.medfee_sumamt", bad)
    make.text(f"{bad.decode()} as an unneeded amount", f"{INFO}.balc", bad, may=DEAD_OR_FINE)
make.text("-0 as a count", f"{LINE}.cnt", b"-0", may=DEAD_OR_FINE)
make.text("a huge integer as an amount", f"{INFO}.medfee_sumamt", b"9" * 400, may=DEAD_OR_FINE)
make.text("a huge integer as an unneeded amount", f"{INFO}.balc", b"9" * 5000, may=DEAD_OR_FINE)
make.text("a huge integer as a count", f"{LINE}.cnt", b"9" * 5000, may=DEAD_OR_FINE)
make.text("an endless fraction", f"{LINE}.pric", b"10." + b"0" * 5000, may=DEAD_OR_FINE)

quoted = MARK.encode()
for what, bad in {
    "a lone continuation byte": b"\x80",
    "half a character": b"\xe6\x9f",
    "an overlong slash": b"\xc0\xaf",
    "an encoded surrogate": b"\xed\xa0\x80",
    "a byte that is never UTF-8": b"\xff",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "GBK": "结算员".encode("gbk"),
}.items():
    make.text(f"{what} in psn_no", f"{INFO}.psn_no", b'"' + quoted + bad + b'"')
    make.text(f"{what} in a name nobody needs", "request.opter_name", b'"' + quoted + bad + b'"')
make.spliced("invalid UTF-8 in a key", b'"opter_name"', b'"opter_\xff"')
for what, bad in {
    "a tab": b"\t",
    "a NUL byte": b"\x00",
    "a carriage return": b"\r",
    "byte 1f": b"\x1f",
}.items():
    make.text(f"{what} in psn_no", f"{INFO}.psn_no", b'"' + quoted + bad + b'"')
    make.text(f"{what} in a name nobody needs", "request.opter_name", b'"' + quoted + bad + b'"')
for what, bad in {
    "half an escape": b"\\u12",
    "an unknown escape": b"\\x41",
    "a lone surrogate": b"\\ud800",
}.items():
    make.text(f"{what} in psn_no", f"{INFO}.psn_no", b'"' + quoted + bad + b'"')
make.text("half an escape in a name nobody needs", "request.opter_name", b'"\\u12"')
make.text("a lone surrogate in a name nobody needs", "request.opter_name", b'"\\udc00"', may=DEAD_OR_FINE)
make.text("a lone surrogate in the msgid", "request.msgid", b'"\\ud800"')
make.text("an escaped NUL in an unneeded name", "request.opter_name", b'"\\u0000"', may=DEAD_OR_FINE)
make.text("an unneeded emoji", "request.opter_name", "😀".encode().join([b'"', b'"']), may=FINE)
make.text("an unneeded surrogate pair", "request.opter_name", b'"\\ud83d\\ude00"', may=FINE)
make.spliced("a byte order mark", b"{", b"\xef\xbb\xbf{", may=DEAD_OR_FINE)
make.spliced("a leading carriage return", b"{", b"\r{", may=FINE)

for depth, may in {62: FINE, 63: DEAD, 64: DEAD, 65: DEAD, 10_000: DEAD}.items():
    # The record, its request and these arrays: 62 of them make 64.
    make.text(
        f"{depth + 2} levels in an unneeded field", "request.sign_no", b"[" * depth + b"]" * depth, may=may
    )
deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
make.text("10,000 objects in a needed field", f"{DRUG}.psn_no", deep)
make.text("10,000 objects as the input", "request.input", deep)
make.text("10,000 objects as the output", "reply.output", deep)
make.text("10,000 open arrays that never close", "request.sign_no", b"[" * 10_000)
make.text("10,000 brackets in a text", "request.sign_no", b'"' + b"[{" * 10_000 + b'"', may=FINE)
make.text("brackets behind an escaped quote", "request.sign_no", b'"\\"' + b"[" * 10_000 + b'"', may=FINE)

for what, old, new in (
    ("msgid", b'"infno":', b'"msgid":"QUOTEDCONTENT","infno":'),
    ("infno", b'"msgid":', b'"infno":"2102","msgid":'),
    ("msgid, escaped", b'"infno":', b'"msgi\\u0064":"QUOTEDCONTENT","infno":'),
    ("infno, all escaped", b'"msgid":', b'"\\u0069\\u006e\\u0066\\u006e\\u006f":"2102","msgid":'),
    ("fixmedins_code", b'"msgid":', b'"fixmedins_code":"P43010000009","msgid":'),
    ("inf_time", b'"msgid":', b'"inf_time":"2026-03-10 09:30:00","msgid":'),
    ("input", b'"msgid":', b'"input":{},"msgid":'),
    ("a field nobody needs", b'"msgid":', b'"opter_name":"QUOTEDCONTENT","msgid":'),
    ("infcode", b'"inf_refmsgid":', b'"infcode":-1,"inf_refmsgid":'),
    ("infcode, escaped", b'"inf_refmsgid":', b'"infcod\\u0065":-1,"inf_refmsgid":'),
    ("output", b'"inf_refmsgid":', b'"output":{},"inf_refmsgid":'),
):
    make.spliced(f"twice in an envelope: {what}", old, new)
make.spliced("two requests", b'{"request":', b'{"request":{},"request":')
make.spliced("two replies", b'{"request":', b'{"reply":null,"request":')
make.spliced("twice in the input", b'"druginfo":{', b'"druginfo":{"med_type":"41",', may=DEAD_OR_FINE)

for infno in (
    "9001",
    "9002",
    "1301",
    "9101",
    "3401",
    "5301",
    "2503",
    "0",
    "",
    "999999",
    "二一零二",
    "2102 ",
    "-2102",
):
    make.record(
        f"infno {infno!r}", hostile.put("request.infno", infno), may=IGNORED if infno else DEAD_OR_IGNORED
    )
make.record(
    "an unused infno with a strange input",
    hostile.put("request.infno", "9001"),
    hostile.put("request.input", {"signIn": {"opter_no": MARK, "mac": [1, {"x": None}]}}),
    may=IGNORED,
)
make.record("an infno of 10 kB", hostile.put("request.infno", "9" * 10_240), may=DEAD_OR_IGNORED)
make.text("an unused infno with invalid UTF-8", "request.infno", b'"9001\xff"')


@pytest.fixture(scope="module")
def trial() -> Trial:
    return hostile.attempt(make.cases)


@pytest.mark.parametrize("case", make.cases, ids=lambda case: case.name)
def test_a_hostile_record_has_the_fate_that_it_may_have(trial: Trial, case: Case) -> None:
    assert trial.fate(case) in case.may
    assert all(hostile.REASON.match(letter["reason"]) for letter in trial.dead(case))


def test_the_neighbours_are_judged_as_if_nothing_stood_between_them(trial: Trial) -> None:
    assert len(trial.without.verdicts) == len(make.cases) + 1
    assert hostile.about_neighbours(trial.outcome) == hostile.about_neighbours(trial.without)


def test_hostile_bytes_do_not_change_the_exit_code(trial: Trial) -> None:
    assert trial.outcome.returncode == 0


def test_nothing_of_hostile_bytes_is_quoted(trial: Trial) -> None:
    assert MARK not in trial.outcome.text
    assert MARK not in trial.outcome.stderr


def test_the_reasons_are_few(trial: Trial) -> None:
    reasons = {letter["reason"] for letter in trial.outcome.dead_letters}
    assert 1 < len(reasons) <= 30
