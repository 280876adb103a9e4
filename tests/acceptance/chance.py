"""Feeds by chance, in a world so small that everything touches everything: a seed gives the same feed."""

import copy
import random
from collections.abc import Callable

from tests import wire
from tests.acceptance.city import HEAD, call_time

START = "2026-03-10 20:00:00"
PEOPLE = ("zhao", "qian", "sun", "li", "zhou")
ITEMS = ("SVDAY00001", "SVFREQ0001", "XZSUP00001", "XZSTAT0001", "XZSTAT0002", "XZCHILD001", "SVDIAL0001")
CODES = ("81000000000000000001", "81000000000000000002")
SETTLEMENTS = {"2102", "2207", "2304"}
DIAGNOSES = ("I10", "J00", "O80", "Z38.000")
TABLES = {
    "providers": f"{HEAD}\n{wire.HOSPITAL},某医院,1,3,0,1,430100\n",
    "once_per_day": "item\nSVDAY00001\n",
    "item_frequency": "item,max,days\nSVFREQ0001,2,7\n",
    "drug_indication": "drug,diagnosis_prefix\nXZSUP00001,I10\n",
    "drug_age": "drug,min_age,max_age\nXZCHILD001,,17\n",
    "drug_group": "drug,group\nXZSTAT0001,statins\nXZSTAT0002,statins\n",
    "diagnosis_sex": "diagnosis_prefix,gend\nO,2\n",
    "dialysis_items": "item\nSVDIAL0001\n",
}


class Chance:
    """Makes one record after the other; what was made before may be settled again, withdrawn or undone."""

    def __init__(self, seed: int, *, span_s: int) -> None:
        """The calls of the feed lie within `span_s` seconds (of three days at most)."""
        wire.restart()
        self.random = random.Random(seed)
        self.span_s = span_s
        self.made: list[wire.Record] = []

    def feed(self, count: int) -> list[wire.Record]:
        """So many calls, by their call time."""
        makers: list[tuple[int, Callable[[str, str], wire.Record]]] = [
            (8, self.sale),
            (5, self.upload),
            (6, self.visit_settled),
            (2, self.stay_settled),
            (2, self.withdrawal),
            (2, self.details),
            (3, self.face),
            (2, self.register),
            (2, self.admission),
            (2, self.discharge),
            (1, self.admission_undone),
            (2, self.goods),
            (7, self.undone),
            (2, self.twin),
            (2, self.attempt),
            (1, self.check),
        ]
        weights = [weight for weight, _ in makers]
        for _ in range(count):
            (_, make), person = self.random.choices(makers, weights)[0], self.random.choice(PEOPLE)
            at = wire.later(START, seconds=self.random.randrange(self.span_s))
            self.made.append(make(person, at))
        return sorted(self.made, key=call_time)

    def lines(self, at: str) -> list[wire.Record]:
        """One or two lines of which some are odd."""
        chance = self.random
        return [
            wire.line(
                chance.choice(ITEMS),
                cnt=chance.choice(("1", "1", "2")),
                amount=chance.choice((None, None, "13.00")),
                at=wire.later(at, days=-chance.choice((0, 0, 0, 1))),
                prd_days=chance.choice(("", "7", "20", "30")),
                sn=chance.choice(("", "", f"L{chance.randrange(4)}")),
                batch=chance.choice(("B0001", "B0002")),
            )
            for _ in range(chance.choice((1, 1, 2)))
        ]

    def visit(self, person: str) -> str:
        """One of the two visits that each person has."""
        return f"M-{person}-{self.random.randrange(2)}"

    def hospital(self) -> str:
        return wire.hospital(self.random.choice((1, 1, 1, 2)))

    def sale(self, person: str, at: str) -> wire.Record:
        chance, lines = self.random, self.lines(at)
        traces = [wire.trace(chance.choice(CODES), trdn_flag=chance.choice("0001"))]
        return wire.pharmacy_sale(
            person,
            at=at,
            lines=lines,
            traces=traces if chance.random() < 0.3 else [],
            acct_used_flag=chance.choice("1112"),
            provider=wire.pharmacy(chance.choice((1, 1, 1, 2))),
            dise_codg=chance.choice(("", "", "J00")),
        )

    def upload(self, person: str, at: str) -> wire.Record:
        lines = self.lines(at)
        if self.random.random() < 0.2:
            lines.append(
                wire.line(lines[0]["med_list_codg"], cnt="-1", refunds=f"L{self.random.randrange(4)}")
            )
        return wire.charges(person, at=at, mdtrt_id=self.visit(person), lines=lines, provider=self.hospital())

    def visit_settled(self, person: str, at: str) -> wire.Record:
        batch = self.random.choice(("", "", "B0001"))
        visit = self.visit(person)
        return wire.outpatient_settlement(
            person, at=at, mdtrt_id=visit, batch=batch, provider=self.hospital()
        )

    def stay_settled(self, person: str, at: str) -> wire.Record:
        return wire.stay_settlement(person, at=at, mdtrt_id=self.visit(person), provider=self.hospital())

    def withdrawal(self, person: str, at: str) -> wire.Record:
        batch = self.random.choice(("B0001", "B0002", "0000"))
        visit = self.visit(person)
        return wire.charges_withdrawn(person, at=at, mdtrt_id=visit, batch=batch, provider=self.hospital())

    def details(self, person: str, at: str) -> wire.Record:
        named = [self.random.choice(DIAGNOSES)]
        visit = self.visit(person)
        return wire.visit_details(person, at=at, mdtrt_id=visit, diagnoses=named, provider=self.hospital())

    def face(self, person: str, at: str) -> wire.Record:
        chance = self.random
        visit = chance.choice(("", "", self.visit(person)))
        make = chance.choice((wire.face_check, wire.face_check, wire.face_registration))
        biz = chance.choice(("11", "14", "16", "20", "21"))
        record = make(person, at=at, biz=biz, mdtrt_id=visit, provider=self.hospital())
        if make is wire.face_check:
            result = chance.choice("0012")
            output = record["reply"]["output"]
            output["recog_rslt"] = output["recogInfo"]["recog_rslt"] = result
        return record

    def register(self, person: str, at: str) -> wire.Record:
        chance = self.random
        died = chance.choice(("", "", "", "2026-03-09"))
        return wire.insured_record(person, at=at, status=chance.choice("1122"), die_date=died)

    def admission(self, person: str, at: str) -> wire.Record:
        begun = wire.later(at, days=-self.random.randrange(6))
        return wire.admission(
            person, at=at, begntime=begun, mdtrt_id=self.visit(person), provider=self.hospital()
        )

    def discharge(self, person: str, at: str) -> wire.Record:
        ended = wire.later(at, days=-self.random.randrange(3))
        way = self.random.choice("1115")
        visit = self.visit(person)
        return wire.discharge(
            person, at=at, endtime=ended, mdtrt_id=visit, dscg_way=way, provider=self.hospital()
        )

    def admission_undone(self, person: str, at: str) -> wire.Record:
        make = self.random.choice((wire.admission_withdrawn, wire.discharge_withdrawn))
        return make(person, at=at, mdtrt_id=self.visit(person), provider=self.hospital())

    def goods(self, person: str, at: str) -> wire.Record:
        sold = [each for each in self.made if each["request"]["infno"] == "2102" and wire.counted(each)]
        make = self.random.choice((wire.goods_sold, wire.goods_returned))
        setl_id = wire.setl_id_of(self.random.choice(sold)) if sold else "S0"
        return make(person, at=at, setl_id=setl_id, codes=[self.random.choice(CODES)])

    def undone(self, person: str, at: str) -> wire.Record:
        """A reversal or compensation of something made before, often of its own time."""
        if not self.made:
            return self.sale(person, at)
        chance = self.random
        of = chance.choice(self.made)
        whose = chance.choice([*PEOPLE[:1], _person_of(of), _person_of(of), _person_of(of)])
        if of["request"]["infno"] in SETTLEMENTS and wire.counted(of) and chance.random() < 0.7:
            return wire.reversal(of, at=at)
        return wire.compensation(of, at=at, person=whose)

    def _settled(self, person: str, at: str) -> wire.Record:
        """A settlement made before, or a new one."""
        known = [each for each in self.made if each["request"]["infno"] in SETTLEMENTS and wire.counted(each)]
        return self.random.choice(known) if known else self.sale(person, at)

    def twin(self, person: str, at: str) -> wire.Record:
        """A settlement that was sent before, under another msgid."""
        of = copy.deepcopy(self._settled(person, at))
        of["request"]["msgid"] = wire.new_msgid(of["request"]["fixmedins_code"], at)
        return of

    def attempt(self, person: str, at: str) -> wire.Record:
        """The same call as one made before, without success or without an answer."""
        of = copy.deepcopy(self._settled(person, at))
        failed = of["reply"] | {"infcode": "-1", "output": {}}
        return of | {"reply": self.random.choice((failed, None))}

    def check(self, person: str, at: str) -> wire.Record:
        orders = [wire.order(self.random.choice(ITEMS))]
        infno = self.random.choice(("3101", "3102"))
        visit = self.visit(person)
        return wire.orders_checked(person, at=at, orders=orders, infno=infno, mdtrt_id=visit)


def _person_of(record: wire.Record) -> str:
    text = str(record)
    return next((person for person in PEOPLE if wire.psn_no(person) in text), PEOPLE[0])
