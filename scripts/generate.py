"""Make `generated/` from the spec, or with `--check` prove that it is what the spec gives.

The work is done by openapi-python-client with the templates in `openapi/templates/`. This script does what its
command line cannot: it gives names that a Python programmer would choose, hands to the templates the facts of the
spec that the generator's own objects do not carry (`Facts`), and renders the modules that the generator has no
place for. It never touches the text of what was rendered; ruff sorts the imports and lays the code out.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import yaml
from jinja2 import StrictUndefined
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.properties import (
    EnumProperty,
    LiteralEnumProperty,
    ModelProperty,
    Property,
)
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, PythonIdentifier, pascal_case, safe_for_docstring, snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi_python_client.parser.openapi import Endpoint

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi" / "mesh-export.yaml"
SETTINGS = ROOT / "openapi" / "generator.yaml"
TEMPLATES = ROOT / "openapi" / "templates"
OUTPUT = ROOT / "generated"

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
BOUNDS = ("minimum", "maximum", "enum")
LEFTOVERS = {"__pycache__", "build", "dist", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
TWINS: dict[str, dict[str, Any]] = {
    "": {"asynchronous": False, "Async": "", "async_": "", "await_": ""},
    "async_": {"asynchronous": True, "Async": "Async", "async_": "async ", "await_": "await "},
}


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
        deprecated: Whether the spec calls it deprecated.
        parameters: Its parameters by location and wire name.
    """

    id: str
    method_name: str
    accept: str
    success: tuple[int, ...]
    statuses: tuple[int, ...]
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


def operations_of(spec: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each operation with the path item that it stands in."""
    for item in spec["paths"].values():
        for method in METHODS:
            if method in item:
                yield item[method], item


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


def value_name(class_name: str, value: str) -> str:
    """Name a value of an enumeration; one that begins with a digit gets the last word of the class before it."""
    name = snake_case(value).upper()
    return name if name.isidentifier() else f"{snake_case(class_name).rpartition('_')[2].upper()}_{name}"


def body_members(endpoint: Endpoint, models: Mapping[str, ModelProperty]) -> list[Property]:
    """List the members of the object that an endpoint takes as its body, each of which is an argument."""
    body = endpoint.bodies[0].prop if endpoint.bodies else None
    return members(models[body.class_info.name]) if isinstance(body, ModelProperty) else []


def docstring(text: str, indent: int, note: str = "") -> str:
    """Write a text as a docstring: its first sentence, a blank line, the rest in lines of a readable length."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in safe_for_docstring(text).split("\n\n")]
    summary, _, rest = paragraphs[0].partition(". ")
    summary = summary if summary.endswith((".", "!", "?")) else f"{summary}."
    lines = [line for paragraph in [rest, *paragraphs[1:], note] if paragraph for line in ["", *wrap(paragraph, 110)]]
    body = "".join(f"\n{' ' * indent}{line}" if line else "\n" for line in lines)
    closing = f"\n{' ' * indent}" if lines else ""
    return f'"""{summary}{body}{closing}"""'


def method_name(operation: Mapping[str, Any]) -> str:
    """Give an operation's method name: its id without the resource that its tag names already."""
    name = snake_case(operation["operationId"])
    tag = snake_case(operation["tags"][0])
    for noun in (tag, tag.removesuffix("s")):
        if name.endswith(f"_{noun}"):
            return name.removesuffix(f"_{noun}")
    return name


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


def operation_facts(
    spec: Mapping[str, Any], operation: Mapping[str, Any], item: Mapping[str, Any], settings: Mapping[str, Any]
) -> Operation:
    """Read one operation of the spec."""
    nodes = [resolve(spec, node) for node in [*item.get("parameters", []), *operation.get("parameters", [])]]
    responses = {int(status): resolve(spec, node) for status, node in operation["responses"].items()}
    success = tuple(status for status in sorted(responses) if status < HTTPStatus.MULTIPLE_CHOICES)
    media_types = [media_type for status in sorted(responses) for media_type in responses[status].get("content", {})]
    return Operation(
        id=operation["operationId"],
        method_name=method_name(operation),
        accept=media_types[0] if media_types else "application/json",
        success=success,
        statuses=tuple(sorted(responses)),
        deprecated=bool(operation.get("deprecated")),
        parameters={(node["in"], node["name"]): parameter_facts(spec, node, settings) for node in nodes},
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


def members(model: ModelProperty) -> list[Property]:
    """List the members of a model, the required ones first."""
    return [*(model.required_properties or []), *(model.optional_properties or [])]


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
    """Give the class of an endpoint's first success, or `None` where that has no body."""
    for response in sorted(endpoint.responses):
        low, _ = response.status_code.range or (0, 0)
        if HTTPStatus.OK <= low < HTTPStatus.MULTIPLE_CHOICES:
            return response.prop.class_info.name if isinstance(response.prop, ModelProperty) else None
    return None


def read_facts(spec: Mapping[str, Any], settings: Mapping[str, Any], data: GeneratorData) -> Facts:
    """Read from the spec what the templates need beside the generator's own objects."""
    schemas = spec.get("components", {}).get("schemas", {})
    models: dict[str, ModelProperty] = {model.class_info.name: model for model in data.models}
    endpoints = [endpoint for group in data.endpoint_collections_by_tag.values() for endpoint in group.endpoints]
    results: dict[str, str | None] = {endpoint.name: result_of(endpoint) for endpoint in endpoints}
    given = {name: models[name] for name in results.values() if name}
    pages = {name: page for name, model in given.items() if (page := page_of(model, models))}
    envelopes = {name: found for name, model in given.items() if (found := envelope_of(model))}
    operations: dict[str, Operation] = {
        PythonIdentifier(operation["operationId"], "field_"): operation_facts(spec, operation, item, settings)
        for operation, item in operations_of(spec)
    }
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
        errors=error_classes(operations, settings),
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


def is_class(enum: EnumProperty | LiteralEnumProperty, schemas: Mapping[str, Any]) -> bool:
    """Say whether a list of values is a schema of its own, not just a parameter's."""
    return enum.class_info.name in {ClassName(name, "field_") for name in schemas}


def members_of(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the members of a schema, those of the schemas that it is composed of included."""
    found: dict[str, Any] = {}
    for part in schema.get("allOf", []):
        found |= members_of(spec, resolve(spec, part))
    return {**found, **schema.get("properties", {})}


def for_generator(node: Any) -> Any:
    """Copy a spec in the form that suits the generator.

    A schema's open list of values becomes an `enum`, from which the generator makes a class; the templates write it as
    open again. A parameter's list goes: it needs no class, the templates have it from `Facts`.
    """
    if isinstance(node, list):
        return [for_generator(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: for_generator(value) for key, value in node.items()}
    if "x-extensible-enum" in copy:
        copy["enum"] = copy["x-extensible-enum"]
    if "in" in copy and "schema" in copy:
        copy["schema"].pop("enum", None)
    return copy


def name_members(data: GeneratorData, config: Config, words: list[str]) -> None:
    """Rename the members of the models that the generator has read."""
    for model in data.models:
        for member in members(model):
            name = python_name(member.name.get_untrusted_value(), words)
            member.set_python_name(UntrustedString(name), config)


def name_parameters(data: GeneratorData, facts: Facts, config: Config) -> None:
    """Rename the parameters that the generator has read."""
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            for location, parameter in endpoint.iter_all_parameters():
                fact = facts.operations[endpoint.name].parameters[location, parameter.name.get_untrusted_value()]
                parameter.set_python_name(UntrustedString(fact.name), config)


def read_project(spec_path: Path, output: Path) -> Project:
    """Have the generator read the spec, and add to it what it does not know.

    Raises:
        GenerationError: The generator cannot read the spec, or would leave a part of it out.
    """
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    spec = yaml.safe_load(spec_path.read_text(encoding="utf-8"))
    config = Config.from_sources(
        ConfigFile(**settings), MetaType.UV, spec_path, file_encoding="utf-8", overwrite=True, output_path=output
    )
    data = GeneratorData.from_dict(for_generator(spec), config=config)
    if isinstance(data, GeneratorError):
        raise GenerationError(f"{data.header}: {data.detail}")
    name_members(data, config, settings["words"])
    facts = read_facts(spec, settings, data)
    name_parameters(data, facts, config)
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    project.env.undefined = StrictUndefined
    project.env.filters["wire"] = lambda text: text.get_untrusted_value() if isinstance(text, UntrustedString) else text
    models: dict[str, ModelProperty] = {model.class_info.name: model for model in data.models}
    project.env.filters["tuple_code"] = lambda values: repr(tuple(values))
    project.env.filters["docstring"] = docstring
    project.env.filters["words"] = lambda text: re.findall(r"\w+", text)
    project.env.globals.update(
        facts=facts, value_name=value_name, body_members=lambda endpoint: body_members(endpoint, models)
    )
    return project


def render_modules(project: Project) -> None:
    """Render the modules that the generator has no place for.

    A template in `runtime/` gives one module of its name. One in `twins/` gives two, for `def` and for `async def`. One
    that renders to nothing gives none.
    """
    for template in sorted((TEMPLATES / "runtime").glob("*.jinja")):
        render(project, f"runtime/{template.name}", template.stem, {})
    for template in sorted((TEMPLATES / "twins").glob("*.jinja")):
        for prefix, variables in TWINS.items():
            render(project, f"twins/{template.name}", f"_{prefix}{template.stem}", variables)


def render(project: Project, template: str, module: str, variables: Mapping[str, Any]) -> None:
    """Render one template into the package."""
    text = project.env.get_template(template).render(variables)
    if text.strip():
        (project.package_dir / module).write_text(text, encoding="utf-8")


def lay_out(folder: Path) -> None:
    """Sort the imports and lay out the code, whatever the working folder and the user's own settings are."""
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    common = ["--isolated", "--no-cache", "--quiet", "--target-version", "py311", "--line-length", "120"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    for command in (["check", "--fix", "--select", "F401,I"], ["format"]):
        finished = subprocess.run(
            [ruff, *command, *common, "."], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if finished.returncode:
            raise GenerationError(f"ruff {command[0]} failed:\n{finished.stdout}{finished.stderr}")


def generate(spec_path: Path, output: Path) -> None:
    """Make the package in a folder of its own.

    Args:
        spec_path: The spec.
        output: The folder to make it in, which must be empty or absent.

    Raises:
        GenerationError: The spec or a template does not give a package.
    """
    project = read_project(spec_path, output)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the folder that it writes to
        errors = project.build()
    if errors:
        raise GenerationError("\n".join(f"{error.header}: {error.detail}" for error in errors))
    render_modules(project)
    shutil.copyfile(ROOT / "LICENSE", output / "LICENSE")
    lay_out(output)


def files_of(folder: Path) -> dict[str, str]:
    """Read the files of a package, what builds and tools leave behind apart."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and LEFTOVERS.isdisjoint(path.relative_to(folder).parts)
    }


def difference(there: Mapping[str, str], made: Mapping[str, str]) -> str:
    """Show what differs between two packages as one unified diff."""
    lines: list[str] = []
    for name in sorted({*there, *made}):
        before, after = (files.get(name, "").splitlines(keepends=True) for files in (there, made))
        origin = f"generated/{name}" if name in there else "/dev/null"
        target = f"generated/{name}" if name in made else "/dev/null"
        if there.get(name) != made.get(name):
            lines += list(difflib.unified_diff(before, after, origin, target)) or [f"{origin} -> {target}\n"]
    return "".join(lines)


def replace(output: Path, there: Mapping[str, str], made: Mapping[str, str]) -> None:
    """Bring a package to a new state, touching only the files that differ."""
    for name in there.keys() - made.keys():
        (output / name).unlink()
    for name, text in made.items():
        if there.get(name) != text:
            (output / name).parent.mkdir(parents=True, exist_ok=True)
            (output / name).write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Make the client package from the spec.")
    parser.add_argument("--check", action="store_true", help="change nothing; show what differs and exit with 1")
    parser.add_argument("--spec", type=Path, default=SPEC, help="the spec to read")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder of the package")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            generate(options.spec, Path(folder) / "generated")
        except GenerationError as error:
            print(error, file=sys.stderr)
            return 2
        made = files_of(Path(folder) / "generated")
    there = files_of(options.output) if options.output.exists() else {}
    if options.check:
        found = difference(there, made)
        print(found, end="")
        if found:
            print("The package is not what the spec gives: run `make generate`.", file=sys.stderr)
        return 1 if found else 0
    replace(options.output, there, made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
