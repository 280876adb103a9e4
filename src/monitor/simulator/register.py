"""Calls that ask: the person's record, the daily sign-in, a catalogue."""

from __future__ import annotations

from monitor.simulator.people import Person
from monitor.simulator.providers import DAY, Provider
from monitor.simulator.wire import Call, Desk, day_text, moment, yuan


def read_register(
    desk: Desk,
    provider: Provider,
    person: Person,
    *,
    at: int,
    status: str = "1",
    since: str = "2015-01-01",
    paused: str = "",
) -> Call:
    """1101: the person's record; `since` and `paused` are dates, `status` is psn_insu_stas."""
    cert = {
        "mdtrt_cert_type": person.cert_type,
        "mdtrt_cert_no": person.card,
        "card_sn": "",
        "begntime": moment(at),
    }
    data = {"data": {**cert, "psn_cert_type": "01", "certno": person.certno, "psn_name": person.name}}
    base = {"psn_no": person.psn_no, "psn_cert_type": "01", "certno": person.certno, "psn_name": person.name}
    base |= {"gend": person.sex, "naty": "01", "brdy": person.brdy, "age": str(person.age), "exp_content": ""}
    cover = {
        "balc": yuan(person.balance),
        "insutype": person.insutype,
        "psn_type": person.psn_type,
        "psn_insu_stas": status,
        "psn_insu_date": since,
        "paus_insu_date": paused,
        "cvlserv_flag": "0",
        "insuplc_admdvs": "430100",
        "emp_name": "",
    }
    return desk.call(
        "1101",
        provider,
        person,
        at=at,
        data=data,
        output={"baseinfo": base, "insuinfo": [cover], "idetinfo": []},
    )


def sign_in(desk: Desk, provider: Provider, *, at: int) -> Call:
    """9001: the provider's daily sign-in, which no rule needs."""
    data = {"signIn": {"opter_no": provider.code[-5:], "mac": "00-16-3E-10-20-30", "ip": "10.20.30.40"}}
    output = {"signinoutb": {"sign_time": moment(at), "sign_no": f"SN{provider.code}{day_text(at // DAY)}"}}
    return desk.call("9001", provider, None, at=at, data=data, output=output)


def download(desk: Desk, provider: Provider, *, at: int) -> Call:
    """1301: a catalogue download, which no rule needs."""
    output = {
        "file_qury_no": f"fsi/1301/{provider.code}",
        "filename": "drug.txt.zip",
        "dld_end_time": moment(at),
        "data_cnt": "0",
    }
    return desk.call("1301", provider, None, at=at, data={"data": {"ver": "F20260101"}}, output=output)
