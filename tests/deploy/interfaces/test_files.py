"""The committed files are those that the code makes, and valid in the eyes of their own standards."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.interfaces import files
from deploy.interfaces.asyncapi import asyncapi
from deploy.interfaces.bundles import references
from deploy.interfaces.channels import CHANNELS, Role
from streams.topics import Topic
from tests.deploy.interfaces.strictly import read, topic_schema

META = Path(__file__).parent / "asyncapi-3.0.0.json"
FORMS = (
    "Verdict",
    "Finding",
    "Incident",
    "Feedback",
    "Notice",
    "UndeliveredNotice",
    "IncidentAction",
    "Note",
    "Result",
    "ResultDetail",
    "Appeal",
    "Evidence",
    "Line",
    "Window",
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_files_are_as_the_code_makes_them() -> None:
    assert files.drift() == [], "run ./dev interfaces"


def test_a_file_that_was_changed_by_hand_is_told(tmp_path: Path) -> None:
    files.write(tmp_path)
    (tmp_path / "schemas" / "verdicts.json").write_text("{}")
    (tmp_path / "schemas" / "gone.topic.json").write_text("{}")
    assert files.drift(tmp_path) == ["schemas/gone.topic.json", "schemas/verdicts.json"]
    assert files.write(tmp_path) == ["schemas/gone.topic.json", "schemas/verdicts.json"]
    assert files.drift(tmp_path) == []


def test_the_topics_are_described_in_valid_asyncapi() -> None:
    meta = Draft7Validator(read(META))
    document = read(files.FOLDER / files.ASYNCAPI)
    assert [fault.message[:200] for fault in meta.iter_errors(document)] == []
    assert not meta.is_valid(document | {"channels": []})


def test_the_calls_are_described_in_valid_openapi() -> None:
    faults = OpenAPIV31SpecValidator(read(files.FOLDER / files.OPENAPI)).iter_errors()
    assert [str(fault) for fault in faults] == []


def test_every_topic_has_a_channel_with_who_writes_and_reads_it() -> None:
    document = asyncapi()
    assert set(CHANNELS) == set(Topic)
    assert list(document["channels"]) == [topic.value for topic in Topic]
    for topic, channel in CHANNELS.items():
        actions = [action for action in ("send", "receive") if f"{action}-{topic}" in document["operations"]]
        assert (
            actions
            == {
                Role.GIVEN: ["send"],
                Role.TAKEN: ["receive"],
                Role.INNER: ["send", "receive"],
            }[channel.role]
        )


@pytest.mark.parametrize("topic", Topic)
def test_the_schema_of_a_topic_stands_alone(topic: Topic) -> None:
    schema = topic_schema(topic)
    Draft202012Validator.check_schema(schema)
    assert references(schema) == []
    assert set(re.findall(r'"#/\$defs/([^"]+)"', files.text_of(schema))) <= schema.get("$defs", {}).keys()


@pytest.mark.parametrize("name", FORMS)
def test_every_field_of_what_we_give_out_has_a_text_in_both_languages(name: str) -> None:
    schema = asyncapi()["components"]["schemas"][name]
    for field, said in [("", schema), *schema["properties"].items()]:
        text = said.get("description", "")
        assert CHINESE.search(text), f"{name}.{field}"
        assert re.search(r"[A-Za-z0-9]{2}", text), f"{name}.{field}"


def test_places_of_arrays_have_the_names_of_their_fields() -> None:
    line = asyncapi()["components"]["schemas"]["fact.Line"]
    assert [place["title"] for place in line["prefixItems"]][:3] == ["number", "item", "at"]
    assert "feedetl_sn" in line["prefixItems"][0]["description"]
