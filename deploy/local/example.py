"""A made-up 3102, to be sent by hand or by the thousand: a day in a ward, priced as the simulator's city does."""

from time import gmtime, strftime
from typing import Final

import orjson

from monitor.simulator.catalogue import ITEMS

PATIENT: Final = "DEMO-PATIENT-0000"
_ITEMS: Final = ("care_second", "bed_three")


def call_3102(*, provider: str, patient: str = PATIENT, number: int, at_ms: int, breach: bool) -> bytes:
    """An envelope with two orders; `breach`: the ward bills a day of nursing twice, which is refused.

    `number` makes the msgid another one (it counts to 9,999 a second of call time); `at_ms`: China civil time.
    """
    at = strftime("%Y-%m-%d %H:%M:%S", gmtime(at_ms // 1000))
    compact = strftime("%Y%m%d%H%M%S", gmtime(at_ms // 1000))
    # As a hospital numbers its visits: it says nothing of the patient, for it stands in verdicts and notices. The same
    # number is the same visit, asked about again.
    visit = f"V{provider}{number:06}"
    orders = [
        _order(key, rx_id=f"{visit}-{place}", cnt=2 if breach and place == 0 else 1, at=at)
        for place, key in enumerate(_ITEMS)
    ]
    encounter = {
        "mdtrt_id": visit,
        "medins_id": provider,
        "medins_name": provider,
        "medins_type": "1",
        "medins_lv": "3",
        "adm_date": at,
        "dscg_date": "",
        "dscg_main_dise_codg": "J06.900",
        "fsi_diagnose_dtos": [{"dise_id": f"{visit}-d", "maindise_flag": "1", "dise_codg": "J06.900"}],
        "med_type": "2101",
        "fsi_order_dtos": orders,
        "insutype": "390",
    }
    patients = [
        {
            "patn_id": patient,
            "patn_name": "",
            "gend": "1",
            "brdy": "1980-01-01",
            "curr_mdtrt_id": visit,
            "fsi_encounter_dtos": [encounter],
        }
    ]
    return orjson.dumps(
        {
            "infno": "3102",
            "msgid": f"{provider[:12]:0<12}{compact}{number % 10_000:04}",
            "mdtrtarea_admvs": "430102",
            "recer_sys_code": "FSI_LOCAL",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "000001",
            "opter_name": "",
            "inf_time": at,
            "fixmedins_code": provider,
            "fixmedins_name": provider,
            "input": {"data": {"patient_dtos": patients, "rule_ids": [], "trig_scen": "8"}},
        }
    )


def _order(key: str, *, rx_id: str, cnt: int, at: str) -> dict[str, str]:
    item = ITEMS[key]
    return {
        "rx_id": rx_id,
        "hilist_type": "201",
        "hilist_code": item.code,
        "hilist_name": item.name,
        "cnt": str(cnt),
        "pric": "30",
        "sumamt": f"{30 * cnt}.00",
        "drord_begn_date": at,
        "curr_drord_flag": "1",
    }
