"""Whether a change of a schema breaks who relies on it. Pure: two documents in, sentences out.

A schema is a promise between who writes and who reads. Of what others write (`taken`) the old schema says what is
written and the new one what is read; of what we write (`given`) it is the other way round. Either way the question is
one: does whoever reads accept whatever is written? Three things are judged beyond that, because readers follow them too:

* Objects are open: what a reader does not know it leaves aside, so a new field breaks nobody, but one that is gone does.
* A place of an array-like value is known by its position alone, so another name there is another meaning.
* What is left out means its default, so another default is another meaning.

A keyword that this file does not know must stay as it is.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from deploy.interfaces.channels import Role

Schema = Mapping[str, Any]

OPEN_ENUM: Final = "x-open-enum"
"""Its words may become more: a reader treats one that it does not know as text."""
SILENT: Final = frozenset(
    ("title", "description", "examples", "example", "deprecated", "discriminator", "$comment", "readOnly")
)
"""Keywords for people."""
AT_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
AT_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
EXACT: Final = ("pattern", "format", "contentMediaType", "contentEncoding", "multipleOf", "uniqueItems")
JUDGED: Final = frozenset(
    (
        *(
            "type",
            "enum",
            "const",
            "anyOf",
            "oneOf",
            "$ref",
            "properties",
            "required",
            "additionalProperties",
        ),
        *("items", "prefixItems", "default", *AT_LEAST, *AT_MOST, *EXACT),
    )
)


class Sides(Struct, frozen=True):
    """Two documents, in which references are looked up, and who stands at the other end."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    role: Role

    def written_and_read(self, old: Any, new: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a part of either
        """Which of the two says what is written, and which what is read."""
        return (old, new) if self.role is Role.TAKEN else (new, old)


def breaks(old: Schema, new: Schema, sides: Sides, where: str = "$") -> list[str]:
    """Why the new schema breaks who relies on the old one; empty when it does not."""
    if sides.role is Role.INNER:
        each = [Sides(sides.old, sides.new, role) for role in (Role.TAKEN, Role.GIVEN)]
        return list(dict.fromkeys(fault for one in each for fault in breaks(old, new, one, where)))
    return list(dict.fromkeys(_compare(old, new, sides, where, frozenset())))


Seen = frozenset[tuple[int, int]]
"""What is being compared further out, by identity: a schema may name itself."""


def _compare(old: Schema, new: Schema, sides: Sides, where: str, seen: Seen) -> Iterator[str]:
    if old.get("default") != new.get("default") and "default" in old:
        yield f"{where}: what is left out means {new.get('default')!r}, and meant {old['default']!r}"
    written, read = sides.written_and_read(alternatives(old, sides.old), alternatives(new, sides.new))
    for one in written:
        yield from _accepted(one, read, sides, where, seen)


def _accepted(one: Schema, read: list[Schema], sides: Sides, where: str, seen: Seen) -> Iterator[str]:
    """Faults of one thing that may be written, in the eyes of the reader who comes nearest to accepting it."""
    candidates = [other for other in read if _same_kind(one, other)]
    if not candidates:
        yield f"{where}: may be {_kind(one)}, which its readers do not accept"
        return
    judged = []
    for other in candidates:
        old, new = sides.written_and_read(one, other)
        judged.append(list(_faults(old, new, sides, where, seen)))
    yield from min(judged, key=len)


def alternatives(schema: Schema, document: Mapping[str, Any]) -> list[Schema]:
    """What a value may be, one kind each: references followed, unions and lists of types taken apart."""
    if "$ref" in schema:
        return alternatives(_target(str(schema["$ref"]), document), document)
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return [kind for each in schema[union] for kind in alternatives(each, document)]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{**schema, "type": kind} for kind in kinds]
    return [schema]


def _target(reference: str, document: Mapping[str, Any]) -> Schema:
    part: Any = document
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    found: Schema = part
    return found


def _same_kind(one: Schema, other: Schema) -> bool:
    """Whether what is written as `one` could be read as `other`; tagged objects by their tags."""
    if "type" not in other and "enum" not in other and "const" not in other:
        return True
    kind, wanted = _type_of(one), _type_of(other)
    if kind != wanted and not (kind == "integer" and wanted == "number"):
        return False
    mine, theirs = _tags(one), _tags(other)
    return all(theirs[name] & mine[name] for name in mine.keys() & theirs.keys())


def _tags(schema: Schema) -> dict[str, set[Any]]:
    """The required members that hold one fixed word."""
    properties: Mapping[str, Schema] = schema.get("properties", {})
    words = {name: _words(each) for name, each in properties.items() if name in schema.get("required", ())}
    return {name: each for name, each in words.items() if each is not None and len(each) == 1}


def _type_of(schema: Schema) -> str | None:
    if "type" in schema:
        return str(schema["type"])
    words = _words(schema)
    return "string" if words and all(isinstance(word, str) for word in words) else None


def _words(schema: Schema) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None


def _kind(schema: Schema) -> str:
    tags = [word for words in _tags(schema).values() for word in words]
    return " ".join([_type_of(schema) or "anything", *map(repr, tags)])


def _faults(old: Schema, new: Schema, sides: Sides, where: str, seen: Seen) -> Iterator[str]:
    """The same kind of value on both sides."""
    pair = (id(old), id(new))
    if pair in seen:
        return
    seen |= {pair}
    written, read = sides.written_and_read(old, new)
    yield from _scalar_faults(written, read, where)
    yield from _unknown_faults(old, new, where)
    yield from _object_faults(old, new, sides, where, seen)
    yield from _array_faults(old, new, sides, where, seen)


def _scalar_faults(written: Schema, read: Schema, where: str) -> Iterator[str]:
    words, known = _words(written), _words(read)
    if known is not None and OPEN_ENUM not in read:
        if words is None:
            yield f"{where}: may be any value, and its readers know {_told(known)} only"
        elif more := words - known:
            yield f"{where}: may be {_told(more)}, which its readers do not know"
    for name in AT_LEAST:
        if name in read and not written.get(name, float("-inf")) >= read[name]:
            yield f"{where}: {name} may be {written.get(name, 'anything')}, its readers need {read[name]}"
    for name in AT_MOST:
        if name in read and not written.get(name, float("inf")) <= read[name]:
            yield f"{where}: {name} may be {written.get(name, 'anything')}, its readers take {read[name]}"
    for name in EXACT:
        if name in read and written.get(name) != read[name]:
            yield f"{where}: {name} is {written.get(name, 'none')}, its readers need {read[name]}"


def _told(words: set[Any]) -> str:
    return ", ".join(sorted(map(repr, words)))


def _unknown_faults(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        judged = name in JUDGED or name in SILENT or name.startswith("x-")
        if not judged and old.get(name) != new.get(name):
            yield f"{where}: {name} has changed, and nobody here can tell what that breaks"


def _object_faults(old: Schema, new: Schema, sides: Sides, where: str, seen: Seen) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before):
        if name in after:
            yield from _compare(before[name], after[name], sides, f"{where}.{name}", seen)
        else:
            yield f"{where}.{name}: is gone"
    written, read = sides.written_and_read(old, new)
    for name in sorted(set(read.get("required", ())) - set(written.get("required", ()))):
        yield f"{where}.{name}: need not be written, and its readers need it"
    limit, rest = read.get("additionalProperties", True), written.get("additionalProperties", True)
    if limit is False:
        more = written.get("properties", {}).keys() - read.get("properties", {}).keys()
        for name in sorted(more):
            yield f"{where}.{name}: is more than its readers accept"
        if rest is not False:
            yield f"{where}: may have more members than its readers accept"
    elif isinstance(limit, dict) and limit:
        one, other = sides.written_and_read({} if rest is True else rest, limit)
        yield from _compare(one, other, sides, f"{where}.*", seen)


def _array_faults(old: Schema, new: Schema, sides: Sides, where: str, seen: Seen) -> Iterator[str]:
    before, after = old.get("prefixItems", ()), new.get("prefixItems", ())
    for number, place in enumerate(before):
        at = f"{where}[{number}]"
        if number >= len(after):
            yield f"{at}: {place.get('title', 'it')} is gone"
            continue
        if place.get("title") != after[number].get("title"):
            yield f"{at}: was {place.get('title')} and is {after[number].get('title')}"
        yield from _compare(place, after[number], sides, at, seen)
    written, read = sides.written_and_read(old, new)
    if isinstance(read.get("items"), dict):
        one, other = sides.written_and_read(written.get("items", {}), read["items"])
        yield from _compare(one, other, sides, f"{where}[]", seen)
