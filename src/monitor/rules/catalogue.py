"""All rules, in the order of contract §3. A rule that is not in this list does not exist."""

from monitor.rules import (
    card_hopping,
    card_repeat,
    cover_inactive,
    days_of_supply,
    deceased,
    diagnosis_age,
    diagnosis_sex,
    dialysis_absent,
    drug_indication,
    duplicate_drugs,
    face_mismatch,
    frequent_purchase,
    item_frequency,
    line_arithmetic,
    off_hours,
    once_per_day,
    patient_age,
    patient_sex,
    pharmacy_burst,
    settle_refund,
    split_admission,
    stay_overlap,
    trace_reused,
)
from monitor.rules.rule import Limits, Rule

RULES: tuple[Rule, ...] = (
    line_arithmetic.RULE,
    once_per_day.RULE,
    item_frequency.RULE,
    drug_indication.RULE,
    days_of_supply.RULE,
    patient_age.RULE,
    patient_sex.RULE,
    diagnosis_sex.RULE,
    diagnosis_age.RULE,
    duplicate_drugs.RULE,
    split_admission.RULE,
    frequent_purchase.RULE,
    deceased.RULE,
    cover_inactive.RULE,
    stay_overlap.RULE,
    face_mismatch.RULE,
    dialysis_absent.RULE,
    pharmacy_burst.RULE,
    card_repeat.RULE,
    card_hopping.RULE,
    settle_refund.RULE,
    off_hours.RULE,
    trace_reused.RULE,
)

FACE_RULE = face_mismatch.RULE.id
COVER_RULE = cover_inactive.RULE.id

BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}
LIMITS: dict[str, type[Limits]] = {rule.id: rule.limits for rule in RULES}
