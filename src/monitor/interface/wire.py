"""What is read of each call, by the interface's own field names (national interface, Hunan edition V1.1.27).

Fields that nobody needs are not listed, so they are skipped unread. Every leaf may be a text, a number or
absent; a list may be a lone object and an object a list of one (`Of`). Regional spellings stand beside the
official name.
"""

from typing import Annotated, Any, TypeAlias, TypeVar

from msgspec import Meta, Raw, Struct

T = TypeVar("T")
Leaf: TypeAlias = Annotated[Any, Meta(extra_json_schema={"type": ["string", "number", "null"]})]
"""Decoded as whatever stands there; the readers of fields.py refuse what is no text and no number."""
Of: TypeAlias = T | list[T] | str | None
"""One object, a list of them, or nothing ('' too)."""


class Record(Struct, gc=False):
    """A feed record (contract §1): both envelopes with their members undecoded."""

    request: dict[str, Raw] | None = None
    reply: dict[str, Raw] | None = None


class Request(Struct, gc=False):
    """What is used of a request envelope, undecided yet whether the texts are texts."""

    infno: Leaf = None
    """交易编号。 What is called."""
    msgid: Leaf = None
    """发送方报文 ID,重发沿用。 Names the call; a repeat carries the same."""
    opter_type: Leaf = None
    """1 经办人,2 自助终端,3 移动终端。 1 clerk, 2 self-service, 3 mobile."""
    inf_time: Leaf = None
    """交易时间 yyyy-MM-dd HH:mm:ss,中国时间,不带时区。 Call time, China civil time without a zone."""
    fixmedins_code: Leaf = None
    """定点医药机构编码。 The provider."""
    input: Raw | None = None
    """交易输入。 What the call says."""


class Reply(Struct, gc=False):
    """What is used of a reply envelope."""

    infcode: Raw | None = None
    """0 成功;其他或缺失时该调用不计。 0 or "0": it happened; else the call counts for nothing."""
    output: Raw | None = None
    """交易输出。 What the platform answered."""


class FullRequest(Struct, gc=False):
    """A request envelope with all its members, in the order of the interface; those not used stay undecoded."""

    infno: str
    msgid: str
    mdtrtarea_admvs: Raw
    insuplc_admdvs: Raw
    recer_sys_code: Raw
    dev_no: Raw
    dev_safe_info: Raw
    cainfo: Raw
    signtype: Raw
    infver: Raw
    opter_type: str
    opter: Raw
    opter_name: Raw
    inf_time: str
    fixmedins_code: str
    fixmedins_name: Raw
    sign_no: Raw
    input: Raw


class FullReply(Struct, gc=False):
    """A reply envelope with all its members."""

    infcode: Raw
    inf_refmsgid: Raw
    refmsg_time: Raw
    respond_time: Raw
    err_msg: Raw
    warn_msg: Raw
    cainfo: Raw
    signtype: Raw
    output: Raw


class FullRecord(Struct, gc=False):
    """A feed record as nearly all of them are."""

    request: FullRequest
    reply: FullReply | None


class Trace(Struct, gc=False):
    """An item of drug_trac_info."""

    drug_trac_codg: Leaf = None
    trdn_flag: Leaf = None


class TraceCarrier(Struct, gc=False):
    """What may carry trace codes, by any of the three spellings."""

    drug_trac_info: Of[Trace] = None
    durg_trac_info: Of[Trace] = None
    drugtracinfo: Of[Trace] = None


class Detail(TraceCarrier, gc=False):
    """A row of drugdetail (2102) or feedetail (2204, 2301)."""

    feedetl_sn: Leaf = None
    rx_circ_flag: Leaf = None
    fee_ocur_time: Leaf = None
    med_list_codg: Leaf = None
    det_item_fee_sumamt: Leaf = None
    cnt: Leaf = None
    pric: Leaf = None
    prd_days: Leaf = None
    mdtrt_id: Leaf = None
    psn_no: Leaf = None
    chrg_bchno: Leaf = None
    init_feedetl_sn: Leaf = None


class Bill(TraceCarrier, gc=False):
    """druginfo of a 2102, data of a 2207 or 2304."""

    psn_no: Leaf = None
    mdtrt_id: Leaf = None
    begntime: Leaf = None
    insutype: Leaf = None
    acct_used_flag: Leaf = None
    med_type: Leaf = None
    dise_codg: Leaf = None
    chrg_bchno: Leaf = None


class Sale(TraceCarrier, gc=False):
    """Input of a 2102."""

    druginfo: Of[Bill] = None
    drugdetail: Of[Detail] = None


class VisitBill(TraceCarrier, gc=False):
    """Input of a 2207 or 2304."""

    data: Of[Bill] = None


class SettlementInfo(Struct, gc=False):
    """setlinfo."""

    mdtrt_id: Leaf = None
    psn_no: Leaf = None
    gend: Leaf = None
    brdy: Leaf = None
    insutype: Leaf = None
    setl_time: Leaf = None
    med_type: Leaf = None
    medfee_sumamt: Leaf = None
    fund_pay_sumamt: Leaf = None
    setl_id: Leaf = None


class SettlementReply(Struct, gc=False):
    """Output of a 2102, 2207 or 2304."""

    setlinfo: Of[SettlementInfo] = None


class Named(Struct, gc=False):
    """data of the calls that name a person and what the call is about."""

    psn_no: Leaf = None
    mdtrt_id: Leaf = None
    setl_id: Leaf = None
    chrg_bchno: Leaf = None
    feedetl_sn: Leaf = None
    begntime: Leaf = None
    omsgid: Leaf = None
    oinfno: Leaf = None


class NamedInput(Struct, gc=False):
    """Input of 2103, 2201, 2202, 2205, 2208, 2302, 2305, 2404, 2405, 2601."""

    data: Of[Named] = None


class Visit(Struct, gc=False):
    """mdtrtinfo or dscginfo."""

    psn_no: Leaf = None
    mdtrt_id: Leaf = None
    begntime: Leaf = None
    endtime: Leaf = None
    dscgTime: Leaf = None  # noqa: N815 - a regional spelling of endtime
    med_type: Leaf = None
    dscg_maindiag_code: Leaf = None
    dscg_way: Leaf = None
    die_date: Leaf = None


class Disease(Struct, gc=False):
    """A row of diseinfo."""

    psn_no: Leaf = None
    diag_type: Leaf = None
    maindiag_flag: Leaf = None
    diag_code: Leaf = None
    vali_flag: Leaf = None


class VisitInput(Struct, gc=False):
    """Input of 2203, 2401 (mdtrtinfo) and 2402 (dscginfo)."""

    mdtrtinfo: Of[Visit] = None
    dscginfo: Of[Visit] = None
    diseinfo: Of[Disease] = None


class VisitId(Struct, gc=False):
    """An object that gives a visit its id."""

    mdtrt_id: Leaf = None


class VisitReply(Struct, gc=False):
    """Output of 2201 and 2401: regions differ in where the id stands."""

    data: Of[VisitId] = None
    result: Of[VisitId] = None
    mdtrt_id: Leaf = None


class ChargesInput(Struct, gc=False):
    """Input of 2204 and 2301."""

    feedetail: Of[Detail] = None


class Base(Struct, gc=False):
    """baseinfo."""

    psn_no: Leaf = None
    gend: Leaf = None
    brdy: Leaf = None
    die_date: Leaf = None


class Cover(Struct, gc=False):
    """A row of insuinfo."""

    insutype: Leaf = None
    psn_insu_stas: Leaf = None
    psn_insu_date: Leaf = None
    paus_insu_date: Leaf = None


class RegisterReply(Struct, gc=False):
    """Output of 1101."""

    baseinfo: Of[Base] = None
    insuinfo: Of[Cover] = None


class Goods(TraceCarrier, gc=False):
    """A row of selinfoDetail."""

    setl_id: Leaf = None
    psn_no: Leaf = None
    trdn_flag: Leaf = None


class GoodsInput(Struct, gc=False):
    """Input of 3505A and 3506A."""

    selinfoDetail: Of[Goods] = None  # noqa: N815 - the interface's name
