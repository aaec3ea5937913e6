"""What the spec says and the generator's own objects do not carry, in a form that templates can use.

Names are given here, too: those that a Python programmer would write for a wire name, an operation or a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from openapi_python_client.parser.properties import (
    AnyProperty,
    EnumProperty,
    LiteralEnumProperty,
    ModelProperty,
    Property,
)
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.strings import ClassName, PythonIdentifier, pascal_case, snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.openapi import Endpoint

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
BOUNDS = ("minimum", "maximum", "enum")


class GenerationError(Exception):
    """The spec or a template does not give a package."""


@dataclass(frozen=True)
class Parameter:
    """What the spec says of one parameter.

    Attributes:
        name: The keyword that a caller writes.
        description: What it is for, in one paragraph.
        integer: Whether its value is an integer.
        bounds: The limits that the page itself states, by their JSON Schema names.
        known: The known values of a list that is not closed.
        spellings: What a caller may write instead of the wire's own values.
        deprecated: Whether the spec calls it deprecated.
    """

    name: str
    description: str
    integer: bool
    bounds: Mapping[str, Any]
    known: tuple[str, ...]
    spellings: Mapping[str, str]
    deprecated: bool


@dataclass(frozen=True)
class Operation:
    """What the spec says of one operation.

    Attributes:
        id: Its `operationId`, as written.
        method_name: The method of the resource group that performs it.
        accept: The media type to ask for: the first of its successful response.
        success: The statuses that mean success.
        statuses: Every documented status.
        codes: The error codes that the examples of each status show.
        deprecated: Whether the spec calls it deprecated.
        parameters: Its parameters by location and wire name.
    """

    id: str
    method_name: str
    accept: str
    success: tuple[int, ...]
    statuses: tuple[int, ...]
    codes: Mapping[int, tuple[str, ...]]
    deprecated: bool
    parameters: Mapping[tuple[str, str], Parameter]


@dataclass(frozen=True)
class Page:
    """How a model is a page of a list.

    Attributes:
        items: The member that holds its items.
        item: The class of an item.
        links_required: Whether the member that holds its links is always there.
    """

    items: str
    item: str
    links_required: bool


@dataclass(frozen=True)
class Envelope:
    """How a model only wraps another.

    Attributes:
        member: Its only member.
        content: The class of that member.
    """

    member: str
    content: str


@dataclass(frozen=True)
class Facts:
    """The facts that the templates need and the generator's own objects do not carry.

    Attributes:
        title: The API's title.
        servers: The base URLs of the spec, the default one first.
        contact_url: Where the API is documented.
        operations: The operations by the name of the generator's endpoint.
        open_values: The known values of each open list, by class name.
        errors: The class of each documented error status.
        code_errors: The class of each error code that has one of its own, by its status and itself.
        deprecated: Python names of deprecated members, by class name.
        oauth: Issuer, token path and scope of the grant for services.
        waits: The method that waits for the end of what an operation begins, by the operation's id.
        tags: What each group of operations is, by its name.
        class_names: The classes of all models.
        results: The class that the success of each endpoint has, by endpoint; none where it has no body.
        pages: Which classes are pages, and how.
        envelopes: Which classes only wrap another, and how.
        descriptions: What each member is, by class and wire name.
        resources: The classes that an operation gives, alone or in a list.
    """

    title: str
    servers: tuple[str, ...]
    contact_url: str
    operations: Mapping[str, Operation]
    open_values: Mapping[str, tuple[str, ...]]
    errors: Mapping[int, str]
    code_errors: Mapping[tuple[int, str], str]
    deprecated: Mapping[str, tuple[str, ...]]
    oauth: Mapping[str, str]
    waits: Mapping[str, str]
    tags: Mapping[str, str]
    class_names: tuple[str, ...]
    results: Mapping[str, str | None]
    pages: Mapping[str, Page]
    envelopes: Mapping[str, Envelope]
    descriptions: Mapping[tuple[str, str], str]
    resources: frozenset[str]


def read_facts(spec: Mapping[str, Any], settings: Mapping[str, Any], data: GeneratorData) -> Facts:
    """Read from the spec what the templates need beside the generator's own objects."""
    schemas = spec.get("components", {}).get("schemas", {})
    models: dict[str, ModelProperty] = {model.class_info.name: model for model in data.models}
    endpoints = [endpoint for group in data.endpoint_collections_by_tag.values() for endpoint in group.endpoints]
    results: dict[str, str | None] = {endpoint.name: result_of(endpoint) for endpoint in endpoints}
    given = {name: models[name] for name in results.values() if name}
    pages = {name: page for name, model in given.items() if (page := page_of(model, models))}
    envelopes = {name: found for name, model in given.items() if (found := envelope_of(model))}
    if unnamed := [operation for operation, _ in operations_of(spec) if not operation.get("operationId")]:
        raise GenerationError(f"{len(unnamed)} operations have no operationId, which names their methods.")
    operations: dict[str, Operation] = {
        PythonIdentifier(operation["operationId"], "field_"): operation_facts(spec, operation, item, settings)
        for operation, item in operations_of(spec)
    }
    errors = error_classes(operations, settings)
    return Facts(
        title=spec["info"]["title"],
        servers=tuple(server["url"] for server in spec["servers"]),
        contact_url=spec["info"].get("contact", {}).get("url", ""),
        operations=operations,
        open_values={
            ClassName(name, "field_"): tuple(schema["x-extensible-enum"])
            for name, schema in schemas.items()
            if "x-extensible-enum" in schema
        },
        errors=errors,
        code_errors=code_classes(operations, settings, errors),
        deprecated={
            ClassName(name, "field_"): tuple(
                PythonIdentifier(python_name(member, settings["words"]), "field_")
                for member, node in members_of(spec, schema).items()
                if node.get("deprecated")
            )
            for name, schema in schemas.items()
        },
        oauth=settings.get("oauth", {}),
        waits={
            operation.id: settings["waits"][operation.id]
            for operation in operations.values()
            if operation.id in settings.get("waits", {})
        },
        tags={tag["name"]: tag.get("description", tag["name"]) for tag in spec.get("tags", [])},
        class_names=tuple(sorted([*models, *(enum.class_info.name for enum in data.enums if is_class(enum, schemas))])),
        results=results,
        pages=pages,
        envelopes=envelopes,
        descriptions={
            (ClassName(name, "field_"), member): node.get("description") or resolve(spec, node).get("description", "")
            for name, schema in schemas.items()
            for member, node in members_of(spec, schema).items()
        },
        resources=frozenset(
            [*given, *(page.item for page in pages.values()), *(found.content for found in envelopes.values())]
        ),
    )


def operation_facts(
    spec: Mapping[str, Any], operation: Mapping[str, Any], item: Mapping[str, Any], settings: Mapping[str, Any]
) -> Operation:
    """Read one operation of the spec."""
    nodes = [resolve(spec, node) for node in [*item.get("parameters", []), *operation.get("parameters", [])]]
    responses = {
        int(status): resolve(spec, node) for status, node in operation["responses"].items() if str(status).isdigit()
    }
    success = tuple(status for status in sorted(responses) if status < HTTPStatus.MULTIPLE_CHOICES)
    media_types = [media_type for status in sorted(responses) for media_type in responses[status].get("content", {})]
    return Operation(
        id=operation["operationId"],
        method_name=method_name(operation),
        accept=media_types[0] if media_types else "application/json",
        success=success,
        statuses=tuple(sorted(responses)),
        codes={status: error_codes(spec, response) for status, response in responses.items()},
        deprecated=bool(operation.get("deprecated")),
        parameters={(node["in"], node["name"]): parameter_facts(spec, node, settings) for node in nodes},
    )


def parameter_facts(spec: Mapping[str, Any], node: Mapping[str, Any], settings: Mapping[str, Any]) -> Parameter:
    """Read one parameter of the spec."""
    schema = resolve(spec, node["schema"])
    own = settings.get("parameters", {}).get(node["name"], {})
    from_page = "x-source" not in schema
    return Parameter(
        name=PythonIdentifier(own.get("name", python_name(node["name"], settings["words"])), "field_"),
        description=" ".join(node.get("description", schema.get("description", "")).split()),
        integer=schema.get("type") == "integer",
        bounds={bound: schema[bound] for bound in BOUNDS if bound in schema and from_page},
        known=tuple(schema.get("x-extensible-enum", ())),
        spellings=own.get("spellings", {}),
        deprecated=bool(node.get("deprecated")),
    )


def error_classes(operations: Mapping[str, Operation], settings: Mapping[str, Any]) -> dict[int, str]:
    """Name the error class of each documented error status, by its phrase in HTTP where the settings name none."""
    statuses = {
        status for operation in operations.values() for status in operation.statuses if status >= HTTPStatus.BAD_REQUEST
    }
    named = settings.get("errors", {})
    return {
        status: named.get(status) or f"{pascal_case(HTTPStatus(status).phrase)}Error" for status in sorted(statuses)
    }


def code_classes(
    operations: Mapping[str, Operation], settings: Mapping[str, Any], errors: Mapping[int, str]
) -> dict[tuple[int, str], str]:
    """Name the class of each error code of the statuses that alone do not say what is wrong.

    A code that is called like its status needs no class beside that of the status.
    """
    named = settings.get("errors", {})
    classes: dict[tuple[int, str], str] = {}
    for status in settings.get("errors_by_code", ()):
        codes = {code for operation in operations.values() for code in operation.codes.get(status, ())}
        for code in sorted(codes):
            name = named.get(code) or ClassName(f"{pascal_case(code).removesuffix('Error')}Error", "field_")
            if name != errors[status]:
                classes[status, code] = name
    return classes


def error_codes(spec: Mapping[str, Any], response: Mapping[str, Any]) -> tuple[str, ...]:
    """List the error codes that the examples of a response show."""
    codes = set[str]()
    for content in response.get("content", {}).values():
        shown = [resolve(spec, example).get("value") for example in content.get("examples", {}).values()]
        for value in [*shown, content.get("example")]:
            match value:
                case {"error": {"code": str(code)}}:
                    codes.add(code)
    return tuple(sorted(codes))


def page_of(model: ModelProperty, models: Mapping[str, ModelProperty]) -> Page | None:
    """Say how a model is a page: it has one list of objects, and links of which one is `next`."""
    lists = [member for member in members(model) if isinstance(member, ListProperty)]
    links = next((member for member in members(model) if member.name == "_links"), None)
    if (
        len(lists) != 1
        or not isinstance(links, ModelProperty)
        or not isinstance(lists[0].inner_property, ModelProperty)
    ):
        return None
    if not any(member.name == "next" for member in members(models[links.class_info.name])):
        return None
    return Page(lists[0].python_name, lists[0].inner_property.class_info.name, links.required)


def envelope_of(model: ModelProperty) -> Envelope | None:
    """Say how a model only wraps another: its only member is a required object."""
    match members(model):
        case [ModelProperty() as member] if member.required:
            return Envelope(member.python_name, member.class_info.name)
    return None


def result_of(endpoint: Endpoint) -> str | None:
    """Give the class of an endpoint's first success, or `None` where that has no body.

    Raises:
        GenerationError: It is not an object, for which there is no template.
    """
    for response in sorted(endpoint.responses):
        low, _ = response.status_code.range or (0, 0)
        if not HTTPStatus.OK <= low < HTTPStatus.MULTIPLE_CHOICES:
            continue
        if isinstance(response.prop, ModelProperty):
            return response.prop.class_info.name
        if not isinstance(response.prop, AnyProperty):
            raise GenerationError(f"The success of {endpoint.name} is not an object: give it a schema of its own.")
        return None
    raise GenerationError(f"{endpoint.name} has no success with a status of its own.")


def is_class(enum: EnumProperty | LiteralEnumProperty, schemas: Mapping[str, Any]) -> bool:
    """Say whether a list of values is a schema of its own, not just a parameter's."""
    return enum.class_info.name in {ClassName(name, "field_") for name in schemas}


def members(model: ModelProperty) -> list[Property]:
    """List the members of a model, the required ones first."""
    return [*(model.required_properties or []), *(model.optional_properties or [])]


def members_of(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the members of a schema, those of the schemas that it is composed of included."""
    found: dict[str, Any] = {}
    for part in schema.get("allOf", []):
        found |= members_of(spec, resolve(spec, part))
    return {**found, **schema.get("properties", {})}


def operations_of(spec: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each operation with the path item that it stands in."""
    for item in spec["paths"].values():
        for method in METHODS:
            if method in item:
                yield item[method], item


def resolve(spec: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow the references of a node of the spec within the document.

    Raises:
        GenerationError: One leads nowhere.
    """
    while "$ref" in node:
        target: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            if part not in target:
                raise GenerationError(f"{node['$ref']} leads nowhere.")
            target = target[part]
        node = target
    return node


def python_name(wire_name: str, words: list[str]) -> str:
    """Give the name that a Python programmer would write for a wire name, before its snake case.

    Args:
        wire_name: The name on the wire.
        words: Words with capitals of their own, such as brands, to be read as one word each.
    """
    name = wire_name.removeprefix("x-").strip("_$")
    for word in words:
        for form in (word, word[0].upper() + word[1:]):
            name = name.replace(form, word.capitalize())
    return name


def method_name(operation: Mapping[str, Any]) -> str:
    """Give an operation's method name: its id without the resource that its tag names already."""
    name = snake_case(operation["operationId"])
    tag = snake_case(operation.get("tags", ["default"])[0])
    for noun in (tag, tag.removesuffix("s")):
        if name.endswith(f"_{noun}"):
            return name.removesuffix(f"_{noun}")
    return name


def value_name(class_name: str, value: str) -> str:
    """Name a value of an enumeration; one that begins with a digit gets the last word of the class before it."""
    name = snake_case(value).upper()
    return name if name.isidentifier() else f"{snake_case(class_name).rpartition('_')[2].upper()}_{name}"
