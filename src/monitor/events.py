"""The facts of the domain: one frozen struct for each thing that can happen to a person, as intake hands it on.

Everything here is free of identity: `person` is the keyed token of psn_no. Times are seconds of China civil time since
1970-01-01 00:00:00 (no zone; a calendar day is ``time // DAY``), amounts are fen, counts 1/10,000, prices 1/1,000,000 yuan.

`at` is the *call time* of contract §1: setl_time of a settlement, inf_time of everything else. The key of a fact is
(provider, infno, msgid): within one person that names one call.
"""

from typing import ClassVar, TypeAlias

from msgspec import Struct

MINUTE = 60
HOUR = 3600
DAY = 86_400
COUNT_UNIT = 10_000
PRICE_UNIT = 1_000_000

CallKey: TypeAlias = tuple[str, str, str]


class Line(Struct, frozen=True, gc=False, array_like=True):
    """One charge line (drugdetail, feedetail) or one order (fsi_order_dtos).

    `count` is 1/10,000 (cnt 16,4), `price` 1/1,000,000 yuan (pric 16,6), `amount` fen (det_item_fee_sumamt).
    """

    number: str
    """feedetl_sn; of an order rx_id."""
    item: str
    """med_list_codg; of an order hilist_code."""
    at: int
    """fee_ocur_time; of an order drord_begn_date, else inf_time."""
    count: int
    price: int
    amount: int
    supply_days: int = 0
    """prd_days; of an order extend_order_map.o_prdDays."""
    visit: str = ""
    """mdtrt_id of an uploaded line; empty for lines that their settlement carries."""
    batch: str = ""
    """chrg_bchno of an uploaded line."""
    refund_of: str = ""
    """init_feedetl_sn: this line only takes back count and amount of the line it names."""
    circulated: bool = False
    """rx_circ_flag 1: a prescription that is filled outside."""

    @property
    def takes_back(self) -> bool:
        """A negative count: it lessens the sums of its item and is judged for nothing.

        Where it names the line that it refunds, the two were netted before anybody asks.
        """
        return self.count < 0


class Diagnosis(Struct, frozen=True, gc=False, array_like=True):
    """A Western diagnosis that is valid (vali_flag not 0, diag_type 1 or none given); others never leave intake."""

    code: str
    main: bool = False


class Insurance(Struct, frozen=True, gc=False, array_like=True):
    """One row of insuinfo (1101). Days are days since 1970-01-01, None where the field is empty."""

    kind: str
    """insutype."""
    status: str
    """psn_insu_stas: 0 not insured, 1 normal, 2 paused, 3 void, 4 ended."""
    since: int | None = None
    """psn_insu_date."""
    paused_on: int | None = None
    """paus_insu_date."""


class TraceMark(Struct, frozen=True, gc=False, array_like=True):
    """A trace code on a settlement (drug_trac_info) or a sold article (3505A); unusable codes never leave intake."""

    code: str
    split: bool = False
    """trdn_flag 1: the pack was opened and sold in parts."""


class Article(Struct, frozen=True, gc=False, array_like=True):
    """One row of a 3505A or 3506A that names a settlement."""

    settlement_id: str
    traces: tuple[TraceMark, ...]


class Fact(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag=True):
    """What all facts carry. `late`: at intake the call time already lay before the watermark."""

    provider: str
    infno: str
    msgid: str
    person: str
    at: int
    late: bool = False

    @property
    def call(self) -> CallKey:
        """(provider, infno, msgid): the identity of the call (contract §1, 'Same event')."""
        return (self.provider, self.infno, self.msgid)


class Settled(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="settled"):
    """2102, 2207, 2304 with infcode 0 and a setl_id: money moves."""

    settlement_id: str
    visit: str = ""
    med_type: str = ""
    insutype: str = ""
    disease: str = ""
    """dise_codg of a 2102."""
    family: bool = False
    """acct_used_flag 2: paid from a family member's account."""
    terminal: str = ""
    """opter_type: 1 clerk, 2 self-service, 3 mobile."""
    fee: int = 0
    """medfee_sumamt, fen."""
    fund: int = 0
    """fund_pay_sumamt, fen."""
    gender: str = ""
    birth_day: int | None = None
    begin: int | None = None
    """begntime of a 2102."""
    lines: tuple[Line, ...] | None = None
    """Lines it carries (2102); None: those uploaded for its visit (2207, 2304)."""
    batch: str = ""
    """chrg_bchno of a 2207: it takes this batch only."""
    traces: tuple[TraceMark, ...] = ()


class Reversed(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="reversed"):
    """2103, 2208, 2305: the settlement with this setl_id is taken back."""

    settlement_id: str


class Undone(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="undone"):
    """2601: the call (omsgid, oinfno) of this person at this provider did not happen."""

    of_msgid: str
    of_infno: str


class VisitOpened(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="visit"):
    """2201: an outpatient visit is registered; begntime."""

    visit: str
    begin: int | None = None


class VisitCancelled(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="visit_cancelled"):
    """2202."""

    visit: str


class Diagnosed(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="diagnosed"):
    """2203: what an outpatient visit is for."""

    visit: str
    med_type: str = ""
    begin: int | None = None
    diagnoses: tuple[Diagnosis, ...] = ()


class Charged(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="charged"):
    """2204, 2301: charge lines (each names its visit)."""

    lines: tuple[Line, ...]


class Withdrawal(Struct, frozen=True, gc=False, array_like=True):
    """Which uploaded lines of a visit are taken back: those of a batch, one line, or (both None) all."""

    visit: str
    batch: str | None = None
    number: str | None = None


class ChargesWithdrawn(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="withdrawn"):
    """2205 (a batch, "0000" = all), 2302 (line numbers, "0000" = all of the visit)."""

    withdrawals: tuple[Withdrawal, ...]


class Admitted(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="admitted"):
    """2401: a stay begins (begntime)."""

    visit: str
    begin: int
    med_type: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()
    """The main ones (dscg_maindiag_code, diseinfo with maindiag_flag 1), and others that tell of a newborn."""


class Discharged(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="discharged"):
    """2402: a stay ends (endtime)."""

    visit: str
    end: int
    death_day: int | None = None
    """With dscg_way 5: die_date, empty = the day of endtime."""
    diagnoses: tuple[Diagnosis, ...] = ()


class AdmissionWithdrawn(
    Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="admission_withdrawn"
):
    """2404."""

    visit: str


class DischargeWithdrawn(
    Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="discharge_withdrawn"
):
    """2405."""

    visit: str


class FaceChecked(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="face"):
    """9601: recog_rslt 0 and 2 failed, 1 passed, 3 under review, 4 special registration."""

    business: str
    """recog_biz."""
    result: str
    visit: str = ""

    PASSED: ClassVar[frozenset[str]] = frozenset({"1", "3", "4"})
    FAILED: ClassVar[frozenset[str]] = frozenset({"0", "2"})


class FaceExcused(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="face_excused"):
    """9602: special registration instead of a face check."""

    business: str = ""
    visit: str = ""


class RegisterRead(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="register"):
    """1101: what the register says of a person at `at`."""

    gender: str = ""
    birth_day: int | None = None
    death_day: int | None = None
    insurances: tuple[Insurance, ...] = ()


class GoodsSold(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="sold"):
    """3505A: trace codes that belong to a settlement."""

    articles: tuple[Article, ...]


class GoodsReturned(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="returned"):
    """3506A: trace codes that come back."""

    articles: tuple[Article, ...]


class OrdersChecked(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="orders"):
    """3101 (before the order) and 3102 (before the charge): orders to be judged as if they were settled now."""

    visit: str = ""
    med_type: str = ""
    insutype: str = ""
    gender: str = ""
    birth_day: int | None = None
    fee: int = 0
    """medfee_sumamt of the encounter, fen."""
    lines: tuple[Line, ...] = ()
    """The orders to be judged (curr_drord_flag 1 or empty)."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """Of this call: fsi_diagnose_dtos and dscg_main_dise_codg."""
    rule_ids: tuple[str, ...] = ()
    """Not empty: these rules only."""
    task_id: str = ""


class WarningAnswered(Fact, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag="answered"):
    """3103: what a doctor did with warnings. `person` is empty: the call does not name one."""

    answers: tuple[tuple[str, str, bool], ...]
    """(jr_id, dspo_way, whether a reason was given)."""


class TraceSale(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A trace code and a settlement that sold it: what is known now (`live` false: it does so no longer)."""

    code: str
    provider: str
    infno: str
    msgid: str
    settlement_id: str
    person: str
    at: int
    fee: int = 0
    split: bool = False
    live: bool = True
    late: bool = False


Event: TypeAlias = (
    Settled
    | Reversed
    | Undone
    | VisitOpened
    | VisitCancelled
    | Diagnosed
    | Charged
    | ChargesWithdrawn
    | Admitted
    | Discharged
    | AdmissionWithdrawn
    | DischargeWithdrawn
    | FaceChecked
    | FaceExcused
    | RegisterRead
    | GoodsSold
    | GoodsReturned
    | OrdersChecked
    | WarningAnswered
)
