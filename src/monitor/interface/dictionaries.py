"""The dictionaries of the national interface (Hunan edition V1.1.27): codes with Chinese and English names.

Regions extend them, so they name codes and never refuse one: a code that stands in none is kept and called
unknown.
"""

from enum import StrEnum
from typing import Literal, Self

Language = Literal["zh", "en"]


class Dictionary(StrEnum):
    """A dictionary of the interface; a member is its code."""

    zh: str
    en: str

    def __new__(cls, code: str, zh: str, en: str) -> Self:
        """A code with its two names."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.zh = zh
        member.en = en
        return member

    @classmethod
    def name_of(cls, code: str, language: Language = "zh") -> str:
        """What people call `code`; an unknown code is named as such and quoted."""
        for member in cls:
            if member.value == code:
                return member.zh if language == "zh" else member.en
        return f"未知 {code}" if language == "zh" else f"unknown {code}"


class SevDeg(Dictionary):
    """sev_deg: how grave a breach is."""

    DEFINITE = "1", "明确违规", "definite breach"
    HIGHLY_SUSPECT = "2", "高度可疑", "highly suspect"
    SLIGHTLY_SUSPECT = "3", "轻度可疑", "slightly suspect"


class VolaBhvrType(Dictionary):
    """vola_bhvr_type: what a breach concerns."""

    VISIT = "1", "就诊", "visit"
    ITEM = "2", "明细", "item"


class VolaItemType(Dictionary):
    """vola_item_type: the part that a line plays in a breach."""

    BREACHING = "1", "违规明细", "breaching item"
    INVOLVED = "2", "涉及明细", "involved item"


class TrigScen(Dictionary):
    """trig_scen: when a check is asked for."""

    REGISTRATION = "1", "门诊挂号", "registration"
    OUTPATIENT_CHARGING = "2", "门诊收费登记", "outpatient charging"
    ADMISSION = "3", "住院登记", "admission"
    INPATIENT_CHARGING = "4", "住院收费登记", "inpatient charging"
    ORDERS = "5", "住院执行医嘱", "carrying out orders"
    OUTPATIENT_SETTLEMENT = "6", "门诊结算", "outpatient settlement"
    OUTPATIENT_PRESETTLEMENT = "7", "门诊预结算", "outpatient pre-settlement"
    INPATIENT_SETTLEMENT = "8", "住院结算", "inpatient settlement"
    INPATIENT_PRESETTLEMENT = "9", "住院预结算", "inpatient pre-settlement"


class RecogBiz(Dictionary):
    """recog_biz: what a face check is for."""

    SPOT_CHECK = "10", "抽查", "spot check"
    GENERAL_CHECK = "11", "普查", "general check"
    ADMISSION = "12", "入院登记", "admission"
    OUTPATIENT = "14", "门诊就诊", "outpatient"
    DRUG_PURCHASE = "15", "购药", "drug purchase"
    SIGN_IN = "16", "检查治疗签到", "sign-in for examination or treatment"
    SIGN_OUT = "17", "检查治疗签退", "sign-out"
    LEAVE = "20", "请假", "leave"
    BACK = "21", "销假", "back from leave"


class RecogRslt(Dictionary):
    """recog_rslt: how a face check ended."""

    FAILED = "0", "未通过", "failed"
    PASSED = "1", "通过", "passed"
    MISMATCH = "2", "比对不符", "failed, another face"
    UNDER_REVIEW = "3", "待审核", "under review"
    REGISTERED = "4", "特殊登记", "special registration"


class MedType(Dictionary):
    """med_type: the kind of care."""

    OUTPATIENT = "11", "普通门诊", "outpatient"
    EMERGENCY = "13", "急诊", "emergency"
    CHRONIC = "14", "门诊慢特病", "chronic or special disease"
    SPECIAL_DRUGS = "18", "特殊药品", "special drugs"
    STAY = "21", "住院", "stay"
    INPATIENT = "2101", "普通住院", "inpatient"
    TRAUMA_STAY = "2102", "外伤住院", "inpatient, trauma"
    TRAUMA = "22", "外伤", "trauma"
    DAY_SURGERY = "28", "日间手术", "day surgery"
    PHARMACY = "41", "定点药店购药", "pharmacy"
    MATERNITY_OUTPATIENT = "51", "生育门诊", "maternity, outpatient"
    MATERNITY_INPATIENT = "52", "生育住院", "maternity, inpatient"
    HOME_BED = "71", "家庭病床", "home bed"


class Insutype(Dictionary):
    """insutype: the insurance that pays."""

    EMPLOYEES = "310", "职工基本医疗保险", "employees"
    RESIDENTS = "390", "城乡居民基本医疗保险", "residents"


class MdtrtCertType(Dictionary):
    """mdtrt_cert_type: what the insured showed."""

    CREDENTIAL = "01", "电子凭证", "e-credential"
    ID_CARD = "02", "居民身份证", "ID card"
    SOCIAL_CARD = "03", "社会保障卡", "social-security card"


class AcctUsedFlag(Dictionary):
    """acct_used_flag: whose account pays."""

    NONE = "0", "不使用", "none"
    OWN = "1", "使用本人账户", "own account"
    FAMILY = "2", "使用共济账户", "family account"


class PsnInsuStas(Dictionary):
    """psn_insu_stas: the state of a person's cover."""

    NOT_INSURED = "0", "未参保", "not insured"
    NORMAL = "1", "正常参保", "normal"
    PAUSED = "2", "暂停参保", "paused"
    VOID = "3", "无效", "void"
    ENDED = "4", "终止参保", "ended"


class FixmedinsType(Dictionary):
    """fixmedins_type: the kind of a provider."""

    INSTITUTION = "1", "定点医疗机构", "medical institution"
    PHARMACY = "2", "定点零售药店", "retail pharmacy"


class ListType(Dictionary):
    """list_type: the kind of an item."""

    DRUG = "101", "西药中成药", "western or patent drug"
    HERBAL = "102", "中药饮片", "herbal pieces"
    OWN_PREPARATION = "103", "自制剂", "own preparation"
    GRANULES = "106", "中药颗粒", "granules"
    SERVICE = "201", "医疗服务项目", "service item"
    CONSUMABLE = "301", "医用材料", "consumable"


class OpterType(Dictionary):
    """opter_type: who sent a call."""

    CLERK = "1", "经办人", "clerk"
    SELF_SERVICE = "2", "自助终端", "self-service"
    MOBILE = "3", "移动终端", "mobile"
