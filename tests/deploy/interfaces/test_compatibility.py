"""Each change that breaks who relies on a schema is told, and none that does not."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from deploy.interfaces.asyncapi import asyncapi
from deploy.interfaces.channels import Role
from deploy.interfaces.compatibility import Sides, breaks
from deploy.interfaces.openapi import openapi
from deploy.interfaces.promises import calls_broken, topics_broken

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
NULL: Schema = {"type": "null"}
BOTH = [Role.TAKEN, Role.GIVEN]


def an_object(*required: str, **members: Schema) -> Schema:
    return {"type": "object", "properties": members, "required": list(required)}


def a_union(*kinds: Schema) -> Schema:
    return {"anyOf": list(kinds)}


def words(*known: str, **more: Any) -> Schema:
    return {"type": "string", "enum": list(known), **more}


def tagged(tag: str, **members: Schema) -> Schema:
    return an_object("type", type={"enum": [tag]}, **members)


def places(*titles: str, least: int = 1) -> Schema:
    return {"type": "array", "prefixItems": [TEXT | {"title": title} for title in titles], "minItems": least}


def found(old: Schema, new: Schema, role: Role) -> list[str]:
    document: Schema = {}
    return breaks(old, new, Sides(document, document, role))


A_FIELD = an_object("a", a=TEXT)
WIDER_AND_NARROWER: list[tuple[str, Schema, Schema]] = [
    ("null", a_union(TEXT, NULL), TEXT),
    ("another type", a_union(TEXT, NUMBER), TEXT),
    ("a fraction", {"type": "number"}, NUMBER),
    ("any type", {}, TEXT),
    ("a list of types", {"type": ["string", "null"]}, TEXT),
    ("another word", words("x", "y"), words("x")),
    ("any word", TEXT, words("x")),
    ("a longer text", {"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 8}),
    ("a text of any length", TEXT, {"type": "string", "maxLength": 8}),
    ("a lower number", NUMBER | {"minimum": 0}, NUMBER | {"minimum": 1}),
    ("any number", NUMBER, NUMBER | {"minimum": 1}),
    ("a text of any form", TEXT, TEXT | {"pattern": "^a"}),
    ("a member left out", an_object(a=TEXT), A_FIELD),
    ("another kind of member", an_object("a", a=a_union(TEXT, NULL)), A_FIELD),
    ("another element", {"type": "array", "items": a_union(TEXT, NULL)}, {"type": "array", "items": TEXT}),
    ("more elements", {"type": "array", "maxItems": 9}, {"type": "array", "maxItems": 8}),
    ("a shorter array", places("a", "b", least=1), places("a", "b", least=2)),
    ("another tag", a_union(tagged("x"), tagged("y")), tagged("x")),
    (
        "another value",
        {"type": "object", "additionalProperties": a_union(TEXT, NULL)},
        {"type": "object", "additionalProperties": TEXT},
    ),
    ("other members", {"type": "object"}, {"type": "object", "additionalProperties": False}),
]
NAMES = [name for name, *_ in WIDER_AND_NARROWER]


@pytest.mark.parametrize("name, wider, narrower", WIDER_AND_NARROWER, ids=NAMES)
def test_what_we_take_may_widen_and_not_narrow(name: str, wider: Schema, narrower: Schema) -> None:
    assert found(narrower, wider, Role.TAKEN) == [], name
    assert len(found(wider, narrower, Role.TAKEN)) == 1, name


@pytest.mark.parametrize("name, wider, narrower", WIDER_AND_NARROWER, ids=NAMES)
def test_what_we_give_may_narrow_and_not_widen(name: str, wider: Schema, narrower: Schema) -> None:
    assert found(wider, narrower, Role.GIVEN) == [], name
    assert len(found(narrower, wider, Role.GIVEN)) == 1, name


@pytest.mark.parametrize("name, wider, narrower", WIDER_AND_NARROWER, ids=NAMES)
def test_between_two_of_us_neither(name: str, wider: Schema, narrower: Schema) -> None:
    assert found(wider, narrower, Role.INNER), name
    assert found(narrower, wider, Role.INNER), name


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "old, new, told",
    [
        (an_object(a=TEXT), an_object(), "$.a: is gone"),
        (an_object(a=TEXT), an_object(b=TEXT), "$.a: is gone"),
        (places("a", "b"), places("a"), "$[1]: b is gone"),
        (places("a", "b"), places("b", "a"), "$[0]: was a and is b"),
        (NUMBER | {"default": 0}, NUMBER | {"default": 1}, "$: what is left out means 1, and meant 0"),
        (
            TEXT,
            TEXT | {"dependentSchemas": {}},
            "$: dependentSchemas has changed, and nobody here can tell what that breaks",
        ),
    ],
)
def test_what_breaks_either_side_is_told(old: Schema, new: Schema, told: str, role: Role) -> None:
    assert told in found(old, new, role)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "old, new",
    [
        (A_FIELD, an_object("a", a=TEXT, b=NUMBER)),
        (A_FIELD, A_FIELD | {"description": "in other words", "title": "T", "x-note": 1}),
        (places("a"), places("a", "b")),
        (words("x", **{"x-open-enum": True}), words("x", "y", **{"x-open-enum": True})),
        (TEXT, {"anyOf": [TEXT]}),
    ],
)
def test_what_breaks_nobody_is_not_told(old: Schema, new: Schema, role: Role) -> None:
    assert found(old, new, role) == []


def test_a_field_that_we_begin_to_need_breaks_who_writes_and_nobody_who_reads() -> None:
    old, new = A_FIELD, an_object("a", "b", a=TEXT, b=TEXT)
    assert found(old, new, Role.TAKEN) == ["$.b: need not be written, and its readers need it"]
    assert found(old, new, Role.GIVEN) == []


def test_schemas_that_name_themselves_are_compared_to_their_end() -> None:
    def document(leaf: Schema) -> Schema:
        tree = an_object("leaf", leaf=leaf, inner=a_union({"$ref": "#/components/schemas/Tree"}, NULL))
        return {"components": {"schemas": {"Tree": tree}}}

    tree = {"$ref": "#/components/schemas/Tree"}
    same = Sides(document(TEXT), document(TEXT), Role.INNER)
    other = Sides(document(TEXT), document(NUMBER), Role.INNER)
    assert breaks(tree, tree, same) == []
    assert breaks(tree, tree, other) == [
        "$.leaf: may be string, which its readers do not accept",
        "$.leaf: may be integer, which its readers do not accept",
    ]


SCALARS = st.sampled_from(
    [
        TEXT,
        NUMBER,
        NULL,
        {"type": "boolean"},
        {"type": "number"},
        words("x"),
        words("x", "y"),
        NUMBER | {"minimum": 2},
        TEXT | {"maxLength": 2},
    ]
)
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda kinds: a_union(*kinds)),
        inner.map(lambda each: {"type": "array", "items": each}),
        st.dictionaries(st.sampled_from("ab"), inner).map(lambda members: an_object(*members, **members)),
        st.dictionaries(st.sampled_from("ab"), inner).map(lambda members: an_object(**members)),
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.sampled_from(["x", "y", "longer", 1, 3, 1.5, True, None]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@given(SCHEMAS, SCHEMAS, VALUES)
def test_a_value_that_could_be_written_and_can_no_longer_be_read_is_never_overlooked(
    old: Schema, new: Schema, value: Any
) -> None:
    if Draft202012Validator(old).is_valid(value) and not Draft202012Validator(new).is_valid(value):
        assert found(old, new, Role.TAKEN), f"{value!r} was taken"
        assert found(new, old, Role.GIVEN), f"{value!r} is given"


@given(SCHEMAS)
def test_nothing_breaks_where_nothing_changes(schema: Schema) -> None:
    assert found(schema, deepcopy(schema), Role.INNER) == []


def test_todays_documents_break_nothing_of_themselves() -> None:
    assert topics_broken(asyncapi(), deepcopy(asyncapi())) == []
    assert calls_broken(openapi(), deepcopy(openapi())) == []
