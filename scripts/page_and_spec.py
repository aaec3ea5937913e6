"""What a page states of the wire, compared with the spec: names, needs, statuses, headers, examples, types, values.

What the spec marks with `x-source` is from elsewhere, and its absence from the page is no difference. The words of a
promise are left to the digests, and what to do about a difference to the person who reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from attrs import Factory, evolve, field, frozen

from scripts.page import PARAMETERS, REQUEST_HEADERS, RESPONSE_HEADERS, Page, RequestLine, Row, table_rows
from scripts.spec_file import SpecFile, pointer_to

_METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_MESSAGE_WIDTH: Final = 60


@frozen
class Difference:
    """Something that page and spec do not both say.

    Attributes:
        pointer: The part of the spec to look at, as a JSON pointer.
        text: What each says.
        line: The line of the page; 0 for what is missing there.
        labels: What of the page it is about: with a trailing slash, everything below.
        settles: Whether nothing more need be said of the labels.
        carriers: The parts of the spec whose requirements hang on it; by default the one to look at.
    """

    pointer: str
    text: str
    line: int = 0
    labels: tuple[str, ...] = ()
    settles: bool = True
    carriers: tuple[str, ...] = field(default=Factory(lambda self: (self.pointer,), takes_self=True))


@frozen
class Sides:
    """A page, the spec, and the pointer of the operation of the spec that the page is about."""

    page: Page
    spec: SpecFile
    operation: str


@frozen
class _Parameter:
    pointer: str
    required: bool
    elsewhere: bool


def compare(page: Page, spec: SpecFile) -> Iterator[Difference]:
    """Each difference between what the page states of the wire and the spec."""
    sides = Sides(page, spec, operation_of(page, spec))
    yield from _request_line(sides)
    yield from _other_operations(sides)
    yield from _request_parameters(sides)
    yield from _request_headers(sides)
    yield from _statuses(sides)
    yield from _examples(sides)
    yield from _limits(sides)
    yield from _values(sides)
    yield from _response_headers(sides)
    yield from _schemas(sides)


def settled(page: Page, spec: SpecFile) -> Page:
    """The page with one request line: of several, that of the operation that the spec has from it; else the first."""
    every = [*filter(None, [page.request]), *page.more_requests]
    if len(every) < 2:
        return page
    stated = [each for each in every if (node := spec.at(_called(each))) is not None and not _elsewhere(node)]
    # An operation that is called twice is called in full once.
    main = max(stated, key=lambda each: len(each.query), default=every[0])
    others = [each for each in every if each is not main]
    lines = {each.line for each in others}
    sentences = [each for each in page.sentences if each.part != "line" or each.line not in lines]
    return evolve(page, request=main, more_requests=others, sentences=sentences)


def _called(request: RequestLine) -> str:
    return pointer_to("paths", request.path, request.method.lower())


def operation_of(page: Page, spec: SpecFile) -> str:
    """The operation of the spec that the page calls or, where the spec has none such, the first that is from a page."""
    request = page.request
    if request:
        called = _called(request)
        if spec.at(called) is not None:
            return called
    every = [
        (pointer_to("paths", path, method), item[method])
        for path, item in spec.document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    return next((pointer for pointer, node in every if not _elsewhere(node)), every[0][0])


def pointer_of(label: str, page: Page, spec: SpecFile) -> str:
    """The part of the spec that says what a label of the page does or, where there is none, that it would stand in."""
    sides = Sides(page, spec, operation_of(page, spec))
    section, _, rest = label.partition("/")
    row = rest.partition("/")[0]
    if section in (PARAMETERS, REQUEST_HEADERS):
        return _pointer_of_row(row, sides)
    if section == RESPONSE_HEADERS:
        return _headers_answered(sides).get(row, f"{sides.operation}/responses")
    if _is_response(section):
        return spec.follow(f"{sides.operation}/responses/{section.split()[1]}")
    schema = pointer_to("components", "schemas", section.replace(" ", ""))
    if spec.at(schema) is not None:
        return members(spec, schema).get(row, schema)
    return sides.operation


def _pointer_of_row(name: str, sides: Sides) -> str:
    for location in ("query", "path", "header"):
        if name in (known := _parameters(sides, location)):
            return known[name].pointer
    if name == "Authorization":
        schemes = [scheme for each in sides.spec.at(_security(sides)) or [] for scheme in each]
        return pointer_to("components", "securitySchemes", *schemes[:1])
    return _content(sides) if name == "Accept" else f"{sides.operation}/parameters"


def wire_names(spec: SpecFile) -> frozenset[str]:
    """The names of parameters, and those between backticks in descriptions."""
    return frozenset(_names_in(spec.document))


def _names_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("name"), str) and "in" in node:
            yield node["name"]
        for each in node.values():
            yield from _names_in(each)
    elif isinstance(node, list):
        for each in node:
            yield from _names_in(each)
    elif isinstance(node, str):
        # A word between backticks, such as `error`, is an English word everywhere else.
        yield from re.findall(r"`([^`\s]*[^`\sa-z][^`\s]*)`", node)


def _elsewhere(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("x-source"), str)


def _request_line(sides: Sides) -> Iterator[Difference]:
    request, label = sides.page.request, ("Request/line",)
    if request is None:
        yield Difference(sides.operation, "the page has no request line that can be read", 0, label)
        return
    called = _called(request)
    if called != sides.operation:
        text = f"the page calls {request.method} {request.path}, which the spec does not have"
        yield Difference(pointer_to("paths"), text, request.line, label)
    elif _elsewhere(sides.spec.at(called)):
        yield Difference(called, "the page states this operation: its x-source is out of date", request.line, label)
    servers = [each["url"] for each in sides.spec.document["servers"] if not _elsewhere(each)]
    if request.server not in servers:
        text = f"the page calls {request.server}, the spec has {', '.join(servers)} from the page"
        yield Difference("#/servers", text, request.line, label)


def _other_operations(sides: Sides) -> Iterator[Difference]:
    """What the page calls beside the operation that it is about."""
    for request in sides.page.more_requests:
        called = _as_the_spec_calls_it(request, sides.spec)
        name, node = f"{request.method} {request.path}", sides.spec.at(called)
        if node is None:
            text = f"the page has an operation that the spec does not have: {name}"
        elif _elsewhere(node):
            text = f"the page has the operation {name}, which the spec has from elsewhere: its x-source may go"
        else:
            text = f"the page has a second request line of {name}"
        yield Difference(called, text, request.line)


def _as_the_spec_calls_it(request: RequestLine, spec: SpecFile) -> str:
    """The pointer of an operation, though the spec has other names in its path."""
    nameless = re.sub(r"\{\w+\}", "{}", request.path)
    same = (path for path in spec.document["paths"] if re.sub(r"\{\w+\}", "{}", path) == nameless)
    return pointer_to("paths", next(same, request.path), request.method.lower())


def _parameters(sides: Sides, location: str) -> dict[str, _Parameter]:
    item = sides.operation.rpartition("/")[0]
    found = {}
    for owner in (item, sides.operation):
        for index in range(len((sides.spec.at(owner) or {}).get("parameters", []))):
            pointer = sides.spec.follow(f"{owner}/parameters/{index}")
            node = sides.spec.at(pointer)
            if node["in"] == location:
                required = bool(node.get("required", False))
                found[node["name"]] = _Parameter(pointer, required, _elsewhere(node))
    return found


def _request_parameters(sides: Sides) -> Iterator[Difference]:
    in_path = _parameters(sides, "path")
    rows = list(table_rows(sides.page, PARAMETERS))
    of_query = [row for row in rows if row.name not in in_path]
    yield from _table(sides, [row for row in rows if row.name in in_path], in_path, "path parameter")
    yield from _table(sides, of_query, _parameters(sides, "query"), "query parameter")
    yield from _query_of_the_request_line(sides, of_query)


def _query_of_the_request_line(sides: Sides, rows: list[Row]) -> Iterator[Difference]:
    if sides.page.request is None:
        return
    request, known = sides.page.request, _parameters(sides, "query")
    in_table = {row.name for row in rows}
    for name, optional in request.query.items():
        pointer = known[name].pointer if name in known else f"{sides.operation}/parameters"
        if name not in in_table:
            text = f"the request line of the page has {name}, its table does not"
            yield Difference(pointer, text, request.line, ("Request/line",))
        if name in known and known[name].required is optional:
            text = f"{name} is {_need(not optional)} in the request line of the page, {_need(optional)} in the spec"
            yield Difference(f"{pointer}/required", text, request.line, ("Request/line",))
    for name in sorted(in_table - request.query.keys()):
        pointer = known[name].pointer if name in known else f"{sides.operation}/parameters"
        text = f"the table of the page has {name}, its request line does not"
        yield Difference(pointer, text, request.line, ("Request/line",))


def _request_headers(sides: Sides) -> Iterator[Difference]:
    rows = list(table_rows(sides.page, REQUEST_HEADERS))
    special = {"Authorization": _authorization, "Accept": _accept}
    yield from _table(
        sides, [row for row in rows if row.name not in special], _parameters(sides, "header"), "request header"
    )
    for name, compare_row in special.items():
        yield from compare_row(sides, next((row for row in rows if row.name == name), None))


def _security(sides: Sides) -> str:
    return f"{sides.operation}/security" if "security" in sides.spec.at(sides.operation) else "#/security"


def _authorization(sides: Sides, row: Row | None) -> Iterator[Difference]:
    pointer = _security(sides)
    alternatives = sides.spec.at(pointer) or []
    required = bool(alternatives) and all(alternatives)
    if row is not None:
        yield from _requirement(row, pointer, required=required)
    elif required:
        labels = (f"{REQUEST_HEADERS}/Authorization", f"{REQUEST_HEADERS}/Authorization/")
        yield Difference(pointer, "the page has the request header Authorization no more", 0, labels)


def _content(sides: Sides) -> str:
    """The bodies of the first response, which is that of success."""
    status = next(iter(sides.spec.at(sides.operation)["responses"]))
    return sides.spec.follow(f"{sides.operation}/responses/{status}") + "/content"


def _accept(sides: Sides, row: Row | None) -> Iterator[Difference]:
    content = _content(sides)
    if row is None:
        labels = (f"{REQUEST_HEADERS}/Accept", f"{REQUEST_HEADERS}/Accept/")
        yield Difference(content, "the page has the request header Accept no more", 0, labels)
        return
    for media_type in re.findall(r"\b\w+/[\w.+-]*\w", row.prose):
        if media_type not in (sides.spec.at(content) or {}):
            text = f"the page names the media type {media_type}, the spec does not"
            yield Difference(content, text, row.line, (f"{row.place}/",), settles=False)


def _table(sides: Sides, rows: list[Row], known: dict[str, _Parameter], what: str) -> Iterator[Difference]:
    section = PARAMETERS if "parameter" in what else REQUEST_HEADERS
    for row in rows:
        if row.name not in known:
            text = f"the page has the {what} {row.name}, the spec does not"
            yield Difference(f"{sides.operation}/parameters", text, row.line, (row.place, f"{row.place}/required"))
            continue
        parameter = known[row.name]
        if parameter.elsewhere:
            yield Difference(parameter.pointer, f"the page states {row.name}: its x-source is out of date", row.line)
        yield from _requirement(row, f"{parameter.pointer}/required", required=parameter.required)
    for name in sorted(known.keys() - {row.name for row in rows}):
        if not known[name].elsewhere:
            place = f"{section}/{name}"
            yield Difference(known[name].pointer, f"the page has the {what} {name} no more", 0, (place, f"{place}/"))


def _requirement(row: Row, pointer: str, *, required: bool) -> Iterator[Difference]:
    if row.cell.casefold() != ("yes" if required else "no"):
        stated = {"yes": "required", "no": "optional"}.get(row.cell.casefold(), f"marked {row.cell!r}")
        text = f"{row.name} is {stated} on the page, {_need(required)} in the spec"
        yield Difference(pointer, text, row.line, (f"{row.place}/required",))


def _need(required: bool) -> str:
    return "required" if required else "optional"


def _statuses(sides: Sides) -> Iterator[Difference]:
    responses = sides.spec.at(sides.operation)["responses"]
    stated = {name.split()[1]: section for name, section in sides.page.sections.items() if _is_response(name)}
    for status, section in stated.items():
        if status not in responses:
            text = f"the page has the status {status}, the spec does not"
            yield Difference(f"{sides.operation}/responses", text, section.line, (section.name,))
    for status in sorted(responses.keys() - stated.keys()):
        pointer = f"{sides.operation}/responses/{status}"
        if not _elsewhere(sides.spec.at(pointer)) and not _elsewhere(sides.spec.at(sides.spec.follow(pointer))):
            label = f"Response {status}"
            yield Difference(pointer, f"the page has the status {status} no more", 0, (label, f"{label}/"))


def _is_response(section: str) -> bool:
    return re.fullmatch(r"Response \d{3}", section) is not None


def _examples(sides: Sides) -> Iterator[Difference]:
    for status in sides.spec.at(sides.operation)["responses"]:
        section = sides.page.sections.get(f"Response {status}")
        if section is None:
            continue
        response = sides.spec.follow(f"{sides.operation}/responses/{status}")
        known = _examples_of(sides.spec, response)
        new = [each for each in section.examples if not any(_same(each.value, value) for value in known.values())]
        old = [
            (pointer, value)
            for pointer, value in known.items()
            if not any(_same(each.value, value) for each in section.examples)
        ]
        for example, (pointer, value) in zip(new, old, strict=False):
            for path, text in _changes(example.value, value):
                label = f"{section.name}/example"
                schema, known_member = _schema_of(sides.spec, response, path)
                hint = "see " if known_member else "no such member at "
                described = f"the example of {status}: {text}; {hint}{sides.spec.place(schema)}"
                below = pointer + pointer_to(*path)[1:]
                yield Difference(below, described, example.line, (label,), carriers=(below, schema))
        for example in new[len(old) :]:
            text = f"the page has an example of {status} that the spec does not have"
            yield Difference(f"{response}/content", text, example.line)
        for pointer, _ in old[len(new) :]:
            yield Difference(pointer, f"the page has this example of {status} no more")


def _examples_of(spec: SpecFile, response: str) -> dict[str, Any]:
    """The examples of a response by the pointer of their value, each once though two media types have it."""
    found: dict[str, Any] = {}
    for media_type in (spec.at(response) or {}).get("content", {}):
        content = f"{response}/content{pointer_to(media_type)[1:]}"
        for name, each in (spec.at(content).get("examples") or {}).items():
            if not _elsewhere(each) and not _elsewhere(spec.at(spec.follow(f"{content}/examples/{name}"))):
                pointer = spec.follow(f"{content}/examples/{name}") + "/value"
                found[pointer] = spec.at(pointer)
        if "example" in spec.at(content):
            found[f"{content}/example"] = spec.at(content)["example"]
    return found


def _same(one: Any, other: Any) -> bool:
    return not any(True for _ in _changes(one, other))


def _changes(page: Any, spec: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where two JSON values differ, and how."""
    where = "/".join(map(str, path)) or "its body"
    if isinstance(page, dict) and isinstance(spec, dict):
        for name in sorted(spec.keys() - page.keys()):
            yield (*path, name), f"{'/'.join(map(str, (*path, name)))} is no more on the page"
        for name, value in page.items():
            if name in spec:
                yield from _changes(value, spec[name], (*path, name))
            else:
                yield (*path, name), f"{'/'.join(map(str, (*path, name)))} is new, {_shown(value)}"
    elif isinstance(page, list) and isinstance(spec, list):
        for index, (one, other) in enumerate(zip(page, spec, strict=False)):
            yield from _changes(one, other, (*path, index))
        if len(page) != len(spec):
            yield path, f"{where} has {len(page)} items on the page, {len(spec)} in the spec"
    elif type(page) is not type(spec) or page != spec:
        yield path, f"{where} is {_shown(page)} on the page, {_shown(spec)} in the spec"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MESSAGE_WIDTH else f"{text[: _MESSAGE_WIDTH - 1]}…"


def _schema_of(spec: SpecFile, response: str, path: tuple[str | int, ...]) -> tuple[str, bool]:
    """The schema of a member of a response's body and True; where there is none, the nearest above it and False."""
    contents = [pointer_to(each)[1:] for each in (spec.at(response) or {}).get("content", {})]
    pointer = spec.follow(f"{response}/content{contents[0]}/schema") if contents else response
    member = pointer
    for step in path:
        found = f"{pointer}/items" if isinstance(step, int) else members(spec, pointer).get(step)
        if found is None or spec.at(found) is None:
            return pointer, False
        member = member if isinstance(step, int) else found
        pointer = spec.follow(found)
    return member, True


def members(spec: SpecFile, schema: str) -> dict[str, str]:
    """The pointers of a schema's members by name, those of the schemas that it is composed of included."""
    schema = spec.follow(schema)
    node = spec.at(schema) or {}
    found: dict[str, str] = {}
    for index in range(len(node.get("allOf", []))):
        found |= members(spec, f"{schema}/allOf/{index}")
    return found | {name: f"{schema}/properties{pointer_to(name)[1:]}" for name in node.get("properties", {})}


def _limits(sides: Sides) -> Iterator[Difference]:
    """Numbers in what an example error says of a parameter, against the maximum that the spec gives it."""
    known = _parameters(sides, "query")
    for section in sides.page.sections.values():
        for example in section.examples:
            for error in errors_in(example.value):
                target, message = error.get("target"), str(error.get("message"))
                pointer = f"{known[target].pointer}/schema/maximum" if target in known else ""
                numbers = re.findall(r"\d+", message) if pointer else []
                maximum = sides.spec.at(pointer) if numbers else None
                if numbers and str(maximum) not in numbers:
                    text = f"the page limits {target} to {numbers[0]}, the spec to {maximum or 'nothing'}"
                    yield Difference(pointer, text, example.line, (f"{section.name}/example",))


def errors_in(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a JSON value that have a string `code`."""
    if isinstance(value, dict):
        if isinstance(value.get("code"), str):
            yield value
        for each in value.values():
            yield from errors_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from errors_in(each)


def _values(sides: Sides) -> Iterator[Difference]:
    """Values that a row writes as `name=value`, against the values that the spec lists."""
    for section, location in ((PARAMETERS, "query"), (REQUEST_HEADERS, "header")):
        known = _parameters(sides, location)
        for row in table_rows(sides.page, section):
            if row.name in known:
                yield from _values_of_row(sides.spec, row, known[row.name].pointer)


def _values_of_row(spec: SpecFile, row: Row, pointer: str) -> Iterator[Difference]:
    schema = spec.follow(f"{pointer}/schema")
    node = spec.at(schema) or {}
    key = next((key for key in ("enum", "x-extensible-enum") if key in node), None)
    stated = [word.removeprefix(f"{row.name}=") for word in re.findall(r"[\w$-]+=[\w:.-]*\w", row.prose)]
    if not stated and (key is None or _elsewhere(node)):
        return
    place = f"{schema}/{key}" if key else schema
    for value in dict.fromkeys(stated):
        if value not in node.get(key or "", []):
            text = f"the page names the value {value} of {row.name}, the spec does not"
            yield Difference(place, text, row.line, (f"{row.place}/",), settles=False)
    for value in node.get(key or "", []):
        if value not in stated and value not in node.get("x-source", {}):
            text = f"the page names the value {value} of {row.name} no more"
            yield Difference(place, text, row.line, (f"{row.place}/",), settles=False)


def _headers_answered(sides: Sides) -> dict[str, str]:
    known: dict[str, str] = {}
    for status in sides.spec.at(sides.operation)["responses"]:
        response = sides.spec.follow(f"{sides.operation}/responses/{status}")
        for name in (sides.spec.at(response) or {}).get("headers", {}):
            pointer = sides.spec.follow(f"{response}/headers/{name}")
            if not _elsewhere(sides.spec.at(pointer)):
                known[name] = pointer
    return known


def _response_headers(sides: Sides) -> Iterator[Difference]:
    known = _headers_answered(sides)
    rows = list(table_rows(sides.page, RESPONSE_HEADERS))
    for row in rows:
        if row.name not in known:
            text = f"the page has the response header {row.name}, the spec does not"
            yield Difference(f"{sides.operation}/responses", text, row.line, (row.place,))
    for name in sorted(known.keys() - {row.name for row in rows}):
        place = f"{RESPONSE_HEADERS}/{name}"
        yield Difference(known[name], f"the page has the response header {name} no more", 0, (place, f"{place}/"))


def _schemas(sides: Sides) -> Iterator[Difference]:
    for section in sides.page.sections.values():
        if _is_response(section.name) or section.name in (PARAMETERS, REQUEST_HEADERS, RESPONSE_HEADERS):
            continue
        pointer = pointer_to("components", "schemas", section.name.replace(" ", ""))
        if sides.spec.at(pointer) is None:
            text = f"{section.name} is no heading that is known, and no schema of the spec"
            yield Difference("#/components/schemas", text, section.line, (section.name,))
        elif section.rows:
            yield from _members(sides.spec, pointer, section.name, section.rows)


def _members(spec: SpecFile, schema: str, section: str, rows: list[Row]) -> Iterator[Difference]:
    known = members(spec, schema)
    for row in rows:
        if row.name not in known:
            text = f"{section} has the member {row.name} on the page, not in the spec"
            yield Difference(f"{schema}/properties", text, row.line, (row.place, f"{row.place}/type"))
            continue
        types = _types(spec, known[row.name])
        stated = {each.strip().casefold() for each in row.cell.split(",") if each.strip()}
        if stated != types:
            text = f"{row.name} is {row.cell or 'without a type'} on the page, {', '.join(sorted(types))} in the spec"
            pointer = f"{spec.follow(known[row.name])}/type"
            yield Difference(pointer, text, row.line, (f"{row.place}/type",))
    for name in sorted(known.keys() - {row.name for row in rows}):
        if not _elsewhere(spec.at(known[name])):
            place = f"{section}/{name}"
            yield Difference(known[name], f"{section} has no member {name} on the page", 0, (place, f"{place}/"))


def _types(spec: SpecFile, member: str) -> set[str]:
    """The types of a member as the page writes them: none for an object, which it leaves out."""
    node = spec.at(spec.follow(member)) or {}
    stated = node.get("type", "object")
    types = set(stated) if isinstance(stated, list) else {stated}
    return types - {"object"}
