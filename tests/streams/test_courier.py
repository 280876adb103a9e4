"""Refusals reach the web hooks of providers: all, once by idempotency key, in order for each person."""

import asyncio
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.ports import HOST, free_port
from monitor.notices import Notice
from monitor.reference import Scheme
from streams.engine.records import NOTICE_ID, PERSON
from streams.topics import Topic, name_of, partition_of
from tests.streams.conftest import MakeWorld
from tests.streams.hospitals import SECRET, Hospitals, open_doors, unix_ms
from tests.streams.world import World, as_rows, until

pytestmark = pytest.mark.kafka

CODES = [f"H{number:011}" for number in range(50)]
ILL = dict.fromkeys(CODES[:5], "hang") | dict.fromkeys(CODES[5:10], "500")
WELL = CODES[10:]
RATE = 100


@pytest.fixture
def hospitals() -> Iterator[Hospitals]:
    with open_doors(dict(ILL)) as doors:
        yield doors


def write_providers(folder: Path, hospitals: Hospitals) -> Path:
    columns = (
        "fixmedins_code,fixmedins_name,fixmedins_type,medins_lv,open_24h,face_check,admvs,"
        "hook_url,hook_secret,hook_on,hook_sign"
    )
    signs = {code: hospitals.schemes.get(code, "") for code in CODES}
    rows = [
        f"{code},医院,1,3,1,0,430102,{hospitals.url(code)},{SECRET},1,{sign}" for code, sign in signs.items()
    ]
    (folder / "providers.csv").write_text("\n".join((columns, *rows, "")), encoding="utf-8")
    return folder


class Courier:
    """`monitor courier` as a process."""

    def __init__(self, world: World, folder: Path) -> None:
        port = free_port()
        self.address = f"{HOST}:{port}"
        self._log = (folder / "courier.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streams", "courier", "--port", str(port)],
            env=world.environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    async def ready(self) -> bool:
        """Whether it has its share."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"http://{self.address}/-/ready")).is_success
        except httpx.HTTPError:
            return False

    async def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 15)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()


def notices(count: int, rng: random.Random, *, first: int = 0) -> list[Notice]:
    """For all hospitals alike, of few persons each, numbered."""
    return [
        Notice(
            notice_id=f"n{number}", kind="verdict", provider=CODES[number % len(CODES)],
            person=f"person-{rng.randrange(6)}", body={"number": number},
        )
        for number in range(first, first + count)
    ]  # fmt: skip


async def put(world: World, told: Sequence[Notice]) -> dict[str, int]:
    """At `RATE` a second; when each was committed."""
    producer = AIOKafkaProducer(bootstrap_servers=world.settings.bootstrap)
    await producer.start()
    at = {}
    try:
        for notice in told:
            headers = [(NOTICE_ID, notice.notice_id.encode()), (PERSON, notice.person.encode())]
            await producer.send_and_wait(
                name_of(Topic.NOTICES, world.settings), notice.to_bytes(), key=notice.provider.encode(),
                partition=partition_of(notice.provider, world.settings.partitions), headers=headers,
            )  # fmt: skip
            at[notice.notice_id] = unix_ms()
            await asyncio.sleep(1 / RATE)
    finally:
        await producer.stop()
    return at


def due(told: Sequence[Notice], code: str) -> list[Notice]:
    return [notice for notice in told if notice.provider == code]


async def test_whoever_hangs_or_fails_delays_nobody_and_gets_all_when_it_has_recovered(
    world: MakeWorld, hospitals: Hospitals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = 907
    rng = random.Random(seed)
    ours = await world(reference=str(write_providers(tmp_path, hospitals)))
    first = Courier(ours, tmp_path)
    told = notices(800, rng)
    try:
        await until(first.ready, "the courier is ready")
        at = await put(ours, told)
        await until(lambda: has_all(hospitals, WELL, told), "the others have theirs", 30.0)
        assert all(not hospitals.keys(code) for code in ILL)
        waited = sorted(taken.at_ms - at[taken.key] for code in WELL for taken in hospitals.taken[code])
        with capsys.disabled():
            sys.stdout.write(
                f" [p50 {waited[len(waited) // 2]} ms, p99 {waited[len(waited) * 99 // 100]} ms] "
            )
        before = {code: len(hospitals.keys(code)) for code in WELL}
        await first.end(signal.SIGKILL)
        more = notices(200, rng, first=len(told))
        told = [*told, *more]
        await put(ours, more)
        second = Courier(ours, tmp_path)
        try:
            hospitals.recover()
            await until(lambda: has_all(hospitals, CODES, told), "all have theirs", 90.0)
            assert await second.end(signal.SIGTERM) == 0
        finally:
            second.close()
    finally:
        first.close()
    assert hospitals.forged == 0
    for code in CODES:
        keys = list(dict.fromkeys(hospitals.keys(code)))
        assert sorted(keys) == sorted(notice.notice_id for notice in due(told, code)), f"seed {seed}"
        for person in {notice.person for notice in due(told, code)}:
            mine = [notice.notice_id for notice in due(told, code) if notice.person == person]
            assert [key for key in keys if key in set(mine)] == mine, f"in order for each person; seed {seed}"
    repeated = sum(len(hospitals.keys(code)) - len(set(hospitals.keys(code))) for code in WELL)
    assert repeated < sum(before.values()) // 4, "a restart repeats what was not written down, not everything"


async def has_all(hospitals: Hospitals, codes: Sequence[str], told: Sequence[Notice]) -> bool:
    return all(
        {notice.notice_id for notice in due(told, code)} <= set(hospitals.keys(code)) for code in codes
    )


async def test_what_a_provider_does_not_take_in_time_is_put_aside_and_the_next_is_offered(
    world: MakeWorld, hospitals: Hospitals, tmp_path: Path
) -> None:
    ours = await world(reference=str(write_providers(tmp_path, hospitals)), hook_give_up_s=1)
    broken = CODES[5]
    offered = [
        Notice(notice_id=f"n{number}", kind="verdict", provider=broken, person="one", body={"number": number})
        for number in range(3)
    ]
    await put(ours, offered)
    courier = Courier(ours, tmp_path)

    async def put_aside() -> bool:
        rows = as_rows(await ours.said(Topic.NOTICES_UNDELIVERED))
        return [row["notice_id"] for row in rows] == ["n0", "n1", "n2"]

    try:
        await until(put_aside, "all are put aside", 30.0)
        (row, *_) = as_rows(await ours.said(Topic.NOTICES_UNDELIVERED))
        assert row["why"] == "HTTP 500"
        assert row["notice"]["verdict"] == {"number": 0}
        hospitals.recover()
        last = Notice(notice_id="n9", kind="verdict", provider=broken, person="one", body={})
        await put(ours, [last])

        async def taken() -> bool:
            return hospitals.keys(broken) == ["n9"]

        await until(taken, "the next one is taken", 30.0)
        log = tmp_path / "courier.log"

        async def told() -> bool:
            return f"{broken} takes its notices again" in log.read_text()

        await until(told, "it is told that it takes them again", 30.0)
        # Once, not at every attempt: no metric names a provider, and on-call must find it.
        assert log.read_text().count(f"{broken} does not take its notices: HTTP 500") == 1
    finally:
        courier.close()


async def test_each_provider_gets_the_signature_that_it_has_agreed_on(
    world: MakeWorld, hospitals: Hospitals, tmp_path: Path
) -> None:
    point, number = pytest.importorskip("gmssl_pyx").sm2_key_generate()
    sealed, signed = WELL[:2]
    hospitals.schemes = {sealed: Scheme.HMAC_SM3, signed: Scheme.SM2}
    hospitals.public_key = point.hex()
    keys = {"sm2_private_key": number.hex(), "sm2_public_key": point.hex()}
    ours = await world(reference=str(write_providers(tmp_path, hospitals)), log_level="DEBUG", **keys)
    told = [
        Notice(notice_id=f"n-{code}", kind="verdict", provider=code, person="one", body={})
        for code in WELL[:3]
    ]
    courier = Courier(ours, tmp_path)
    try:
        await until(courier.ready, "the courier is ready")
        await put(ours, told)
        await until(lambda: has_all(hospitals, WELL[:3], told), "all have theirs", 30.0)
    finally:
        courier.close()
    assert hospitals.forged == 0
    marks = {
        code: re.search(rb"(?i)x-monitor-signature:\s+(\w+)=", hospitals.taken[code][0].raw)[1]  # type: ignore[index]
        for code in WELL[:3]
    }
    assert marks == dict(zip(WELL[:3], (b"sm3", b"sm2", b"v1"), strict=True))
    log = (tmp_path / "courier.log").read_text()
    assert number.hex() not in log
    assert SECRET not in log


async def test_a_courier_that_lacks_its_key_says_so_and_does_not_start(
    world: MakeWorld, hospitals: Hospitals, tmp_path: Path
) -> None:
    hospitals.schemes = {WELL[0]: Scheme.SM2}
    ours = await world(reference=str(write_providers(tmp_path, hospitals)))
    courier = Courier(ours, tmp_path)
    assert await asyncio.to_thread(courier.process.wait, 30) == 1
    courier.close()
    log = (tmp_path / "courier.log").read_text()
    assert "courier: hook_sign sm2 needs MONITOR_SM2_PRIVATE_KEY and MONITOR_SM2_PUBLIC_KEY" in log
    assert "Traceback" not in log
