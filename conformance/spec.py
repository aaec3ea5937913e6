"""The OpenAPI spec as the suite reads it: parameters, responses, schemas and the parts that requirements name.

What a promise means is the ledger's business; how a server is asked is the endpoint's.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import yaml
from attrs import field, frozen

VENDOR_MEDIA_TYPE: Final = "application/vnd.bentley.itwin-platform.v1+json"


def folder() -> Path:
    """The folder of the spec and the ledger: inside an installed wheel, or beside the package in a checkout."""
    installed = Path(__file__).parent / "openapi"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "openapi"


@cache
def read(name: str) -> dict[str, Any]:
    """The parsed content of a file in the folder of the spec."""
    # The loader in C takes a tenth of the time; where PyYAML was built without it, the other one will do.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (folder() / name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=loader)  # type: ignore[no-any-return]  # noqa: S506  both are safe


def document() -> dict[str, Any]:
    """The parsed spec."""
    return read("mesh-export.yaml")


def version() -> str:
    """The version of the spec, which is that of the suite. The metadata of an installed checkout can be older."""
    return document()["info"]["version"]  # type: ignore[no-any-return]


LIST: Final = "listExports"
"""The operation of the documentation page; every other one is from elsewhere."""


@frozen
class Operation:
    """An operation of the spec.

    Attributes:
        id: Its `operationId`.
        method: Its HTTP method.
        path: The template of its path.
        definition: What the spec says of it.
    """

    id: str
    method: str
    path: str
    definition: dict[str, Any] = field(repr=False)

    @property
    def slug(self) -> str:
        """What the ids of its requirements begin with: `get` for `getExport`, `get-export-log` for `getExportLog`."""
        verb, *noun = re.split("(?=[A-Z])", self.id)
        return verb if noun == ["Export"] else "-".join([verb, *noun]).lower()

    @property
    def places(self) -> list[str]:
        """The names of the parameters in its path."""
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def takes_body(self) -> bool:
        """Whether a request of it has a body."""
        return "requestBody" in self.definition

    def matches(self, method: str, path: str, *, body: bool) -> bool:
        """Whether a request is one of this operation."""
        return method == self.method and body is self.takes_body and self.read_path(path) is not None

    def read_path(self, path: str) -> dict[str, str] | None:
        """The parameters in a path as they are written; None for the path of another operation."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        match = re.fullmatch(f"{pattern}?" if pattern.endswith("/") else pattern, path)
        return match.groupdict() if match else None


@cache
def operations() -> dict[str, Operation]:
    """Every operation by its id."""
    methods = ("get", "put", "post", "delete", "patch")
    every = [
        Operation(item[method]["operationId"], method.upper(), path, item[method])
        for path, item in document()["paths"].items()
        for method in methods
        if method in item
    ]
    return {each.id: each for each in every}


@lru_cache(maxsize=4096)
def operation_of(method: str, path: str, *, body: bool) -> str:
    """The id of the operation that a request is for; the list's where it is for none, which the list is to refuse."""
    return next((each.id for each in operations().values() if each.matches(method, path, body=body)), LIST)


@cache
def documented_methods(path: str) -> frozenset[str]:
    """The methods that the spec has on a path."""
    return frozenset(each.method for each in operations().values() if each.read_path(path) is not None)


@cache
def changing_methods() -> frozenset[str]:
    """The methods of the operations that change something."""
    return frozenset(each.method for each in operations().values()) - {"GET"}


def collection_path() -> str:
    """The path of the list operation, with its trailing slash."""
    return operations()[LIST].path


def bare_path() -> str:
    """The path of the list operation without its trailing slash."""
    return collection_path().rstrip("/")


def operation(name: str = LIST) -> dict[str, Any]:
    """What the spec says of an operation, of the list where none is named."""
    return operations()[name].definition


def resolve(pointer: str) -> Any:
    """The part of the spec that a JSON pointer such as `#/components/parameters/top` names.

    Raises:
        KeyError: The spec has no such part.
    """
    node: Any = document()
    for token in pointer.removeprefix("#/").split("/"):
        name = token.replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(name)] if isinstance(node, list) else node[name]
        except (IndexError, ValueError, TypeError) as error:
            raise KeyError(pointer) from error
    return node


@cache
def parameters(location: str) -> dict[str, dict[str, Any]]:
    """The parameters of the list operation in a location (`query` or `header`), by their exact names."""
    every = [_follow(parameter)[1] for parameter in operation()["parameters"]]
    return {parameter["name"]: parameter for parameter in every if parameter["in"] == location}


@cache
def documented_statuses(name: str = LIST) -> frozenset[int]:
    """The statuses that an operation documents."""
    return frozenset(int(status) for status in operation(name)["responses"])


@cache
def media_types() -> frozenset[str]:
    """The media types of every documented response."""
    return frozenset(
        media_type
        for response in operation()["responses"].values()
        for media_type in _follow(response)[1].get("content", {})
    )


@cache
def example(name: str) -> Any:
    """The value of a named example payload of the page."""
    return document()["components"]["examples"][name]["value"]


@cache
def known_values(schema: str) -> tuple[str, ...]:
    """The known values of an open enumeration."""
    return tuple(document()["components"]["schemas"][schema]["x-extensible-enum"])


@cache
def response_schema(status: int, name: str = LIST) -> str:
    """The JSON pointer of the schema of the body that a documented status has; empty where it has none."""
    response = _follow(operation(name)["responses"][str(status)])[1]
    return response["content"][VENDOR_MEDIA_TYPE]["schema"]["$ref"] if "content" in response else ""


@cache
def error_code(status: int, name: str) -> str:
    """The code of the error that the examples of an operation show for a status; empty where they show none."""
    response = _follow(operation(name)["responses"].get(str(status), {}))[1]
    examples = response.get("content", {}).get(VENDOR_MEDIA_TYPE, {}).get("examples", {})
    codes = [_follow(each)[1]["value"].get("error", {}).get("code", "") for each in examples.values()]
    return codes[0] if codes else ""


@cache
def validator(pointer: str) -> jsonschema_rs.Validator:
    """A validator of the schema at a JSON pointer, formats included."""
    schema = {"$ref": pointer, "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


@cache
def member_pointer(schema_pointer: str, instance_path: tuple[str | int, ...]) -> str | None:
    """Where the spec describes a member of a body: the JSON pointer of its property; None for an unknown member.

    Array indices in the path are passed over, so that the property that holds the array answers for its items.
    """
    pointer, schema = _follow_pointer(schema_pointer)
    found: str | None = None
    for step in instance_path:
        if isinstance(step, int):
            if "items" not in schema:
                return None
            pointer, schema = _follow_pointer(f"{pointer}/items")
            continue
        place = _property(pointer, schema, step)
        if place is None:
            return None
        found = place
        pointer, schema = _follow_pointer(place)
    return found


def required(pointer: str) -> list[str]:
    """The members that the object of a schema must have."""
    return list(resolve(pointer).get("required", ()))


def referred(pointer: str) -> str:
    """The JSON pointer of the schema that a property refers to; its own where it refers to none."""
    return _follow_pointer(pointer)[0]


def _property(pointer: str, schema: dict[str, Any], name: str) -> str | None:
    if name in schema.get("properties", {}):
        return f"{pointer}/properties/{name}"
    for index in range(len(schema.get("allOf", []))):
        place = _property(*_follow_pointer(f"{pointer}/allOf/{index}"), name)
        if place:
            return place
    return None


def _follow_pointer(pointer: str) -> tuple[str, dict[str, Any]]:
    followed, node = _follow(resolve(pointer))
    return followed or pointer, node


def _follow(node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    pointer = ""
    while "$ref" in node:
        pointer = node["$ref"]
        node = resolve(pointer)
    return pointer, node
