"""Where a key lives, and topics that must not be otherwise."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from monitor.settings import Settings
from streams import topics
from streams.murmur2 import murmur2
from streams.start import StartError, refuse_other_topics
from streams.topics import Topic, TopicSpec, partition_of, specs
from tests.streams.conftest import MakeWorld
from tests.streams.world import until

MAX_POSITIVE = 0x7FFF_FFFF


@pytest.mark.parametrize(
    "key,hashed",
    # Of Kafka's own UtilsTest.testMurmur2.
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_a_key_lives_where_kafkas_own_clients_put_it(key: str, hashed: int) -> None:
    for partitions in (1, 4, 24, 97):
        assert partition_of(key, partitions) == (hashed & MAX_POSITIVE) % partitions


def test_every_topic_has_the_same_number_of_partitions() -> None:
    world = Settings(partitions=12)
    assert {spec.partitions for spec in specs(world)} == {12}
    assert len({spec.name for spec in specs(world)}) == len(Topic) + len(topics.TableName)


def test_what_holds_identity_is_kept_for_seven_days_at_most() -> None:
    raw = _spec("claims.raw")
    assert int(raw.config["retention.ms"]) <= 7 * 86_400_000
    assert raw.config["cleanup.policy"] == "delete"


def test_alerts_and_changelogs_are_compacted() -> None:
    compacted = {spec.name for spec in specs(Settings()) if spec.config["cleanup.policy"] == "compact"}
    assert compacted == {
        "alerts",
        "incident.actions",
        "notices.cursors",
        *(f"claim-monitor-{table}-changelog" for table in ("providers", "persons", "traces", "incidents")),
    }


@pytest.mark.kafka
async def test_created_topics_pass_the_check_and_creating_them_again_does_nothing(world: MakeWorld) -> None:
    ours = await world()
    assert await topics.check(ours.settings) == []
    assert await topics.create(ours.settings) == []


@pytest.mark.kafka
async def test_another_number_of_partitions_is_refused(world: MakeWorld) -> None:
    ours = await world()
    other = ours.settings.model_copy(update={"partitions": 5})
    differences = await topics.check(other)
    assert {each.what for each in differences} == {"partitions"}
    assert all(each.fatal and each.wanted == "5" and each.found == "4" for each in differences)
    with pytest.raises(StartError, match="partitions must be 5, found 4"):
        await refuse_other_topics(other)


@pytest.mark.kafka
async def test_a_missing_topic_is_refused(world: MakeWorld) -> None:
    ours = await world()
    with pytest.raises(StartError, match="topics create"):
        await refuse_other_topics(ours.settings.model_copy(update={"topic_prefix": "nowhere."}))


@pytest.mark.kafka
async def test_another_configuration_is_told_with_what_it_must_be(world: MakeWorld) -> None:
    ours = await world()
    name = topics.name_of(Topic.CLAIMS_RAW, ours.settings)
    admin: AIOKafkaAdminClient
    async with topics.Admin(ours.settings.bootstrap) as admin:
        given = ConfigResource(
            ConfigResourceType.TOPIC, name, {**_spec("claims.raw").config, "retention.ms": "31536000000"}
        )
        await admin.alter_configs([given])
    (difference,) = await until(lambda: topics.check(ours.settings), "the broker has heard of it")
    assert (difference.topic, difference.what, difference.found) == (name, "retention.ms", "31536000000")
    await refuse_other_topics(ours.settings)


def _spec(name: str) -> TopicSpec:
    return next(spec for spec in specs(Settings()) if spec.name == name)


@given(key=st.binary(max_size=70))
def test_the_hash_is_that_of_aiokafka(key: bytes) -> None:
    assert murmur2(key) == reference(key)
