"""Second thoughts of hospitals: visits, stays, lines and bills that are taken back. Ordinary, and no fraud.

Each story ends as if the mistake had never been made.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from monitor.simulator import hospital, settlement
from monitor.simulator.acts import Stayed, admission, leaving, nights, ward_day
from monitor.simulator.catalogue import STAY_DIAGNOSES, one
from monitor.simulator.hospital import Visit
from monitor.simulator.providers import DAY, HOUR
from monitor.simulator.stage import Stage
from monitor.simulator.wire import Call, Json, Line

COLD = [("J00.x00", "急性鼻咽炎")]
ALL_LINES = "0000"


def _take_back(stage: Stage, visit: Visit, infno: str, *, at: int, **more: str) -> Call:
    """2202, 2404 or 2405: the visit, the admission, the discharge was a mistake."""
    data: Json = {"data": {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no, **more}}
    return stage.desk.call(infno, visit.hospital, visit.person, at=at, data=data, output={})


def _withdraw_lines(stage: Stage, visit: Visit, number: str, *, at: int) -> Call:
    """2302 of one feedetl_sn, or of ALL_LINES."""
    rows = [{"feedetl_sn": number, "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}]
    return stage.desk.call("2302", visit.hospital, visit.person, at=at, data={"data": rows}, output={})


def no_show(stage: Stage, at: int) -> Iterator[Call]:
    """Registered, never came (2201, 2202)."""
    person, where = stage.adult(), stage.hospital()
    call, visit = hospital.register(stage.desk, where, person, at=at, med_type="11", diagnoses=COLD)
    yield call
    yield _take_back(stage, visit, "2202", at=at + 2 * HOUR, ipt_otp_no="")


def admission_cancelled(stage: Stage, at: int) -> Iterator[Call]:
    """Admitted by mistake (2401, 2404)."""
    stayed = yield from _admitted(stage, at)
    yield _take_back(stage, stayed.stay, "2404", at=at + HOUR)


def discharge_cancelled(stage: Stage, at: int) -> Iterator[Call]:
    """Discharged too early (2402, 2405), then for good."""
    stayed = yield from _admitted(stage, at - 2 * DAY)
    yield from nights(stage, stayed, until=at)
    yield hospital.discharge(stage.desk, stayed.stay, at=at, ended=at)
    yield _take_back(stage, stayed.stay, "2405", at=at + 900)
    yield from leaving(stage, stayed, at=at + 2 * HOUR)


def lines_withdrawn(stage: Stage, at: int) -> Iterator[Call]:
    """A day's lines go in twice under new numbers; the first set is withdrawn one by one (2302)."""
    stayed = yield from _admitted(stage, at - DAY)
    yield from nights(stage, stayed, until=at)
    wrong = list(stayed.lines)
    again = stage.desk.bill([(line.item, line.count, line.days) for line in wrong], at=wrong[0].at)
    for number, line in enumerate(wrong):
        yield _withdraw_lines(stage, stayed.stay, line.sn, at=at + number)
    stayed.lines.clear()
    yield from ward_day(stage, stayed, at=at + 120, lines=again)
    yield from leaving(stage, stayed, at=at + HOUR)


def all_lines_withdrawn(stage: Stage, at: int) -> Iterator[Call]:
    """Everything that was uploaded is withdrawn at once (2302 "0000") and uploaded anew."""
    stayed = yield from _admitted(stage, at - DAY)
    yield from nights(stage, stayed, until=at)
    yield _withdraw_lines(stage, stayed.stay, ALL_LINES, at=at)
    again = stage.desk.bill(
        [(line.item, line.count, line.days) for line in stayed.lines], at=stayed.lines[0].at
    )
    stayed.lines.clear()
    yield from ward_day(stage, stayed, at=at + 120, lines=again)
    yield from leaving(stage, stayed, at=at + HOUR)


def bed_refunded(stage: Stage, at: int) -> Iterator[Call]:
    """A bed charged twice on the last day is refunded (init_feedetl_sn) before the bill."""
    stayed = yield from _admitted(stage, at - DAY)
    yield from nights(stage, stayed, until=at)
    beds = stage.desk.bill([one("bed_three"), one("bed_three"), one("bed_three")], at=at)
    yield from ward_day(stage, stayed, at=at, lines=beds)
    refunds = [_refund(stage, bed, at=at + 300) for bed in beds[1:]]
    yield from ward_day(stage, stayed, at=at + 300, lines=refunds)
    yield from leaving(stage, stayed, at=at + HOUR)


def _refund(stage: Stage, line: Line, *, at: int) -> Line:
    number = stage.desk.number("D", at)
    return Line(number, line.item, -line.count, -line.amount, 0, at, refund_of=line.sn)


def bill_made_anew(stage: Stage, at: int) -> Iterator[Call]:
    """The bill of a stay is taken back (2305) and settled again (2304)."""
    stayed = yield from _admitted(stage, at - 3 * DAY)
    yield from nights(stage, stayed, until=at)
    wrong = yield from leaving(stage, stayed, at=at)
    yield settlement.reversal(stage.desk, wrong, at=at + 900)
    yield hospital.settle(stage.desk, stayed.stay, stayed.lines, at=at + 1500, final=True).call


def _admitted(stage: Stage, at: int) -> Generator[Call, None, Stayed]:
    diagnoses = [stage.rng.choice(STAY_DIAGNOSES)]
    return admission(stage, stage.adult(), stage.hospital(), diagnoses, at=at)


STORIES = (
    no_show,
    admission_cancelled,
    discharge_cancelled,
    lines_withdrawn,
    all_lines_withdrawn,
    bed_refunded,
    bill_made_anew,
)
"""Every way of taking something back; ordinary life plays them in turn."""
