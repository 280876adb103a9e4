"""The AsyncAPI 3 document of all topics."""

import json
from functools import cache
from typing import Any, Final

from deploy.interfaces import VERSION
from deploy.interfaces.calls import feed_components
from deploy.interfaces.channels import CHANNELS, FACT, Channel, Message, Role
from deploy.interfaces.described import REFERENCE, Schema, components, field_texts, schema_of
from monitor import events, forms
from monitor.incidents import form as actions
from monitor.notices import form as notices
from monitor.settings import Settings
from streams import forms as headers
from streams import repair
from streams.topics import Topic, TopicSpec, specs

DRAFT: Final = "application/schema+json;version=draft-2020-12"
HEADERS: Final = "headers."
ACTIONS: Final = {Role.TAKEN: ("receive",), Role.GIVEN: ("send",), Role.INNER: ("send", "receive")}
"""As seen from the monitor."""
SHOWN: Final = ("retention.ms", "delete.retention.ms", "max.message.bytes")
BINDING: Final = "0.5.0"


@cache
def asyncapi() -> dict[str, Any]:
    """The document. Partitions and replicas are those of a site, so they do not stand here."""
    topics = {spec.name: spec for spec in specs(Settings.model_construct())}
    texts = field_texts(Topic)
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Claim monitor",
            "version": VERSION,
            "description": "医保结算实时监控的 Kafka 主题。 The Kafka topics of the claim monitor.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.value: _channel(topic, topics[topic], texts[topic.name]) for topic in Topic},
        "operations": {
            f"{action}-{topic}": {"action": action, "channel": {"$ref": f"#/channels/{topic.value}"}}
            for topic in Topic
            for action in ACTIONS[CHANNELS[topic].role]
        },
        "components": {
            "messages": {
                message.name: _message(message, channel)
                for channel in CHANNELS.values()
                for message in channel.messages
            },
            "schemas": _schemas(),
        },
    }
    # As it stands in a file, where a tuple is a list: today's is compared with what was released.
    read: dict[str, Any] = json.loads(json.dumps(document))
    return read


def _channel(topic: Topic, spec: TopicSpec, text: str) -> dict[str, Any]:
    channel = CHANNELS[topic]
    shown = {name: int(spec.config[name]) for name in SHOWN if name in spec.config}
    return {
        "address": topic.value,
        "description": f"{channel.text} {text}",
        "messages": {
            message.name: {"$ref": f"#/components/messages/{message.name}"} for message in channel.messages
        },
        "bindings": {
            "kafka": {
                "topicConfiguration": {"cleanup.policy": [spec.config["cleanup.policy"]], **shown},
                "bindingVersion": BINDING,
            }
        },
        "x-role": channel.role.value,
    }


def _message(message: Message, channel: Channel) -> dict[str, Any]:
    said: dict[str, Any] = {"name": message.name, "contentType": message.content_type}
    if message.note:
        said["description"] = message.note
    if message.headers is not None:
        said["headers"] = _as_draft(schema_of(message.headers, prefix=HEADERS))
    if message.payload is not None:
        said["payload"] = _as_draft(payload_of(message))
    if message.keyed:
        key = {"type": "string", "description": channel.key}
        said["bindings"] = {"kafka": {"key": key, "bindingVersion": BINDING}}
    return said


def payload_of(message: Message) -> Schema:
    """The schema of a message's value, with references into the document."""
    if isinstance(message.payload, str):
        return {"$ref": f"{REFERENCE}{message.payload}"}
    return schema_of(message.payload, prefix=message.prefix)


def _as_draft(schema: Schema) -> dict[str, Any]:
    return {"schemaFormat": DRAFT, "schema": schema}


def _schemas() -> dict[str, Schema]:
    messages = [message for channel in CHANNELS.values() for message in channel.messages]
    given = [
        m.payload
        for m in messages
        if m.payload is not None and not m.prefix and not isinstance(m.payload, str)
    ]
    kinds = {message.headers for message in messages if message.headers is not None}
    return {
        **components(given, [forms, notices, actions, repair]),
        **components(sorted(kinds, key=lambda kind: str(kind.__name__)), [headers], prefix=HEADERS),
        **components([events.Event, events.TraceSale], [events], prefix=FACT),
        **feed_components(),
    }
