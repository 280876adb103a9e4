"""JSON Schema of types, with the texts that stand below their fields."""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, Final

import msgspec

Schema = dict[str, Any]
REFERENCE: Final = "#/components/schemas/"


def components(types: Iterable[Any], modules: Iterable[ModuleType], *, prefix: str = "") -> dict[str, Schema]:
    """The schemas of these types and of all that they are made of, by `prefix` and class name.

    `modules`: where their classes stand, and with them the texts.
    """
    _, made = msgspec.json.schema_components(types, ref_template=f"{REFERENCE}{prefix}{{name}}")
    classes = {
        name: one
        for module in modules
        for name, one in vars(module).items()
        if isinstance(one, type) and one.__module__ == module.__name__
    }
    for name, schema in made.items():
        if name in classes:
            _describe(schema, classes[name])
    return {f"{prefix}{name}": schema for name, schema in sorted(made.items())}


def schema_of(shape: Any, *, prefix: str = "") -> Schema:  # noqa: ANN401 - a class, a union, an annotated type
    """The schema of a type, with its classes as references."""
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=f"{REFERENCE}{prefix}{{name}}")
    return schema


def field_texts(shape: type) -> dict[str, str]:
    """The text below each field of a class or of what it inherits from, by field."""
    texts: dict[str, str] = {}
    for one in reversed(_lineage(shape)):
        texts.update(_own_texts(one))
    return texts


def _lineage(shape: type) -> list[type]:
    return [one for one in inspect.getmro(shape) if one.__module__.startswith(("monitor", "streams"))]


def _own_texts(shape: type) -> Iterator[tuple[str, str]]:
    try:
        source = textwrap.dedent(inspect.getsource(shape))
    except (OSError, TypeError):  # made by a call, as a TypedDict with a keyword for a name must be
        return
    tree = ast.parse(source).body[0]
    if not isinstance(tree, ast.ClassDef):
        return
    for field, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            for name in _names(field):
                yield name, inspect.cleandoc(str(after.value.value))


def _names(field: ast.stmt) -> list[str]:
    targets = field.targets if isinstance(field, ast.Assign) else [getattr(field, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _describe(schema: Schema, shape: type) -> None:
    if "description" in schema:
        schema["description"] = inspect.cleandoc(schema["description"])
    texts = field_texts(shape)
    names: Mapping[str, str] = dict(
        zip(
            getattr(shape, "__struct_fields__", ()),
            getattr(shape, "__struct_encode_fields__", ()),
            strict=True,
        )
    )
    properties = schema.get("properties", {})
    for name, text in texts.items():
        inside = properties.get(names.get(name, name))
        if inside is not None:
            inside.setdefault("description", text)
    # An array-like struct is an array: only here do its places have names.
    for name, place in zip(names, schema.get("prefixItems", ()), strict=False):
        place["title"] = name
        if name in texts:
            place.setdefault("description", texts[name])
