"""What is read of faces, checks and feedback; see `wire` for how."""

from msgspec import Struct

from monitor.interface.wire import Leaf, Of


class Face(Struct, gc=False):
    """recogInfo of a request; its picture is not read."""

    psn_no: Leaf = None
    recog_biz: Leaf = None
    mdtrt_id: Leaf = None


class FaceInput(Struct, gc=False):
    """Input of 9601 and 9602."""

    recogInfo: Of[Face] = None  # noqa: N815 - the interface's name


class FaceResult(Struct, gc=False):
    """recogInfo of a reply."""

    recog_rslt: Leaf = None


class FaceReply(Struct, gc=False):
    """Output of 9601: the result stands in recogInfo, beside it, or both."""

    recogInfo: Of[FaceResult] = None  # noqa: N815 - the interface's name
    recog_rslt: Leaf = None


class OrderExtension(Struct, gc=False):
    """extend_order_map."""

    o_prdDays: Leaf = None  # noqa: N815 - the interface's name


class Order(Struct, gc=False):
    """A row of fsi_order_dtos."""

    rx_id: Leaf = None
    hilist_code: Leaf = None
    cnt: Leaf = None
    pric: Leaf = None
    sumamt: Leaf = None
    drord_begn_date: Leaf = None
    curr_drord_flag: Leaf = None
    extend_order_map: Of[OrderExtension] = None


class EncounterDisease(Struct, gc=False):
    """A row of fsi_diagnose_dtos."""

    maindise_flag: Leaf = None
    dise_codg: Leaf = None
    diag_type: Leaf = None
    vali_flag: Leaf = None


class Encounter(Struct, gc=False):
    """A row of fsi_encounter_dtos."""

    mdtrt_id: Leaf = None
    dscg_main_dise_codg: Leaf = None
    fsi_diagnose_dtos: Of[EncounterDisease] = None
    med_type: Leaf = None
    fsi_order_dtos: Of[Order] = None
    medfee_sumamt: Leaf = None
    insutype: Leaf = None


class Patient(Struct, gc=False):
    """A row of patient_dtos."""

    patn_id: Leaf = None
    gend: Leaf = None
    brdy: Leaf = None
    curr_mdtrt_id: Leaf = None
    fsi_encounter_dtos: Of[Encounter] = None


class Check(Struct, gc=False):
    """data of a 3101 or 3102."""

    patient_dtos: Of[Patient] = None
    rule_ids: list[Leaf] | str | None = None
    task_id: Leaf = None


class CheckInput(Struct, gc=False):
    """Input of 3101 and 3102."""

    data: Of[Check] = None


class Warn(Struct, gc=False):
    """A row of warns."""

    warn_rslt_id: Leaf = None
    dspo_way: Leaf = None
    dspo_way_rea: Leaf = None


class Feedback(Struct, gc=False):
    """data of a 3103."""

    warns: Of[Warn] = None


class FeedbackInput(Struct, gc=False):
    """Input of 3103."""

    data: Of[Feedback] = None
