"""Newborns are billed on the mother's card (contract §3 'Newborns'): what tells of one, and for how long."""

from collections.abc import Iterable
from typing import Final

from monitor.events import Diagnosis, Settled

NEWBORN_DAYS: Final = 90
NEWBORN_MED_TYPES: Final = frozenset({"51", "52"})
PERINATAL: Final = frozenset(f"P{number:02}" for number in range(97))


def is_newborn_code(code: str) -> bool:
    """P00-P96 or Z38."""
    return code.startswith("Z38") or code[:3] in PERINATAL


def is_newborn_sign(med_type: str, diagnoses: Iterable[Diagnosis]) -> bool:
    """Whether a visit says that a newborn may be treated on the mother's card."""
    if med_type in NEWBORN_MED_TYPES:
        return True
    return bool(diagnoses) and any(is_newborn_code(d.code) for d in diagnoses)


def says_newborn(settled: Settled) -> bool:
    """Whether a settlement itself says that a newborn may be treated on the mother's card."""
    return settled.med_type in NEWBORN_MED_TYPES or (
        settled.disease != "" and is_newborn_code(settled.disease)
    )
