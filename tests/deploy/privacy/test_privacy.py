"""Nobody can be told from anything that a monitor emits; and whoever is planted anywhere in it is found."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.kafka import LocalKafka
from deploy.local.ops import Alertmanager, Prometheus, find
from monitor.outputs import Kind
from monitor.rules.catalogue import RULES
from streams.topics import Topic
from tests.deploy.privacy.emitted import KINDS, Emitted, everything
from tests.deploy.privacy.house import House, living
from tests.deploy.privacy.identities import Search
from tests.deploy.privacy.planting import PLANTED, plant

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        find(*Prometheus.names) is None or find(*Alertmanager.names) is None,
        reason="needs the packages prometheus and prometheus-alertmanager",
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder: Path = tmp_path_factory.mktemp("privacy")
    async with living(kafka.bootstrap, folder) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def emitted(house: House) -> list[Emitted]:
    return await everything(house)


async def test_a_run_says_everything_that_there_is_to_say(house: House, emitted: list[Emitted]) -> None:
    """Or the search would find nothing because nothing was said."""
    assert {each.kind for each in emitted if each.content} == set(KINDS)
    incidents = await house.world.rows(Topic.ALERTS)
    wanted = {rule.id for rule in RULES if rule.kind is not Kind.REMINDER}
    assert {row["rule_id"] for row in incidents} == wanted
    notices = await house.world.rows(Topic.NOTICES)
    assert {notice["kind"] for notice in notices} == {"verdict", "finding"}
    assert {notice["finding"]["status"] for notice in notices if "finding" in notice} == {"open", "withdrawn"}
    reasons = Counter(dict(each.headers)["reason"] for each in await house.world.said(Topic.DEAD_LETTERS))
    assert len(reasons) >= 8, reasons
    assert set(house.known.values()) >= {
        *("psn_no", "certno", "mdtrt_cert_no", "card_sn", "psn_name", "coner_name", "opter_name"),
        *("brdy", "tel", "addr", "recog_pic", "ipt_no", "ipt_otp_no", "token", "token_key", "hook_secret"),
    }


async def test_no_identity_and_no_secret_is_in_anything_that_is_emitted(
    house: House, emitted: list[Emitted]
) -> None:
    search = Search(house.known)
    found = Counter(told for each in emitted for told in search(*each))
    assert found == Counter()


async def test_whoever_is_planted_where_something_is_emitted_is_found_there(house: House) -> None:
    """In every kind, by the same gathering and the same search: so the test above can fail."""
    await plant(house)
    search = Search({PLANTED: "planted"})
    found = {told.kind for each in await everything(house) for told in search(*each)}
    assert found == set(KINDS)
