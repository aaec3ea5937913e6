"""The freedoms of the page, one field for each, and named choices among them.

Every value that a field admits is one that a conforming service may have. What a choice does is in the modules of
the themes; nothing here is a way to break the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from attrs import evolve, fields, frozen

Take = Literal["accept", "refuse"]


@frozen
class Reading:
    """One reading of the page: a choice for each freedom that it leaves.

    Attributes:
        operations: Which operations there are: the list alone, those that read, or all.
        delete_unfinished: The deletion of an export that is neither complete nor invalid.
        stage_seconds: How long an export that was started stays in each status before its last.
        size: How many exports the collection has.
        rate: How many requests each window takes; 0 does not limit.
        rate_window: The length of such a window in seconds.
        moves_per_request: How many events of the collection come with each request (0.04: one in 25 requests).
        moves_per_second: How many events of the collection come with each second.
        renames: Exports are renamed, too, where the collection moves.
        new_words: The data have a status and an export type that nobody has seen before.
        upper_case_data: Ids are written in upper case.
        replicas_differ: Every other answer is of a replica that writes ids in upper case and dates with seven digits,
            and that has mesh links on hosts of its own.
        stamps: How dates are written: whole seconds, seven digits and an offset, the time of another zone, or whole
            seconds in the minimal representation and digits in the full one.
        tiles_written: How the type of 3D tiles is written: as its name, in capitals, as the request wrote it, or in
            either way, by export.
        request_date: `request` has a `lastModified`.
        fresh_signatures: The signature of a mesh link is another one in each answer.
        default_order: The order without `$orderBy`.
        filtered_order: The order without `$orderBy` where there is a filter.
        full_order: The order without `$orderBy` in the full representation.
        ties: Exports of one date keep their places in both orders, stand by id, or one order is the reverse of
            the other; or they stand by id in the full representation and keep their places in the minimal one.
        repeated: A parameter that is given more than once: the first counts, the last, all joined by a comma, or none.
        empty: A parameter with an empty value: as if not given, refused, or taken as it is.
        other_case_names: A parameter whose name is written in another case: unknown, understood, or refused.
        other_case_order: `date:ASC` and the like: refused, understood, or as if not given.
        signed: A number with a plus sign or blanks around it: understood, refused, or as if not given.
        padded: A number with leading zeros: decimal, refused, octal, or as if not given.
        fractions: A number with a fraction or an exponent: taken as the whole number below, or refused.
        strange_values: A well-formed id of nothing, or a version beyond the current one: nothing is found, or refused.
        spoilt_headers: A malformed `prefer`, or a root that is not plain: read as well as can be, or refused with a 401
            or a 422.
        other_cdn: A `cdn` other than 0 and 1: refused, as 0, or as 1.
        odd_versions: A malformed `tileVersion` or `iTwinJS`: refused, as if not given, or compatible with nothing.
        own_refusals: What is malformed and left to the endpoint is refused with 422 as all else, or with 400.
        compatibility: Exports are compatible from a version on, all are, only for some versions after it, or with
            versions that each one lists.
        top_zero: A `$top` of 0: refused, an empty page, or as if not given.
        huge_skip: A `$skip` of more than nine digits.
        upper_case_ids: Ids in upper case in a request.
        id_spellings: An `iModelId` without hyphens, in braces or as a URN is taken.
        type_letters: An `exportType` finds what is written with the same letters, in either case; where 3D tiles are
            written as the request wrote them, so is all of that.
        unknown_type: An `exportType` that the service does not know: refused, or nothing is found.
        tiles_alike: A filter by `3DTiles` finds what is written `3DTILES`, and the other way round.
        two_returns: Which of two different `return` preferences counts.
        quoted_returns: A `return` preference inside a quoted string counts.
        parameter_returns: A `return` that is a parameter of another preference counts.
        preference_applied: Answers carry `Preference-Applied`.
        www_authenticate: A 401 carries `WWW-Authenticate`.
        refusal_codes: A refused token has a code of its own, or that of a missing header.
        unauthorized_details: A 401 has details.
        browser_page: Who asks for HTML and has no good token gets a page.
        messages: The page's words, where it has words, or others.
        targets: Details name their parameter, have a null, or no target at all.
        link_host: Links lead to the host that was called, or begin with this URL.
        link_path: What such a link has between the host and the query.
        root_path: What a link has between `x-api-host-and-root` and the query.
        odd_root: An `x-api-host-and-root` that is not plain: ignored, completed or copied.
        dollar: How links write the dollar sign.
        self_link: `self` has all of the page's position, or just repeats the query.
        links_keep_unknown: Links keep the parameters that the page does not name.
        prev: There is no `prev`, one that ends where the page begins, one that overlaps at the beginning, one that
            does and leads to the first page from there, too, or one that ends where the page begins, and a null on
            the first page.
        last_page: The `next` that leads to the last page asks for as much as before, or for what is left.
        cursors: Links name their page by a parameter of the endpoint's own in place of `$skip`.
        pins: `next` leads on in the collection as it stood, by a parameter of the endpoint's own beside `$skip`.
        next_after_full_page: A full page that ends with the selection still has a `next`.
        media_type: The media type of bodies; `accept` gives what the client asks for.
        charset: The media type has a `charset` parameter.
        extra_members: Objects have members that the page does not name.
        ascii: Bodies escape what is not ASCII.
        indent: Bodies are laid out for people.
        gzip: Bodies are compressed for clients that accept it.
        chunked: Bodies come in chunks, without a length.
        entity_tags: Answers carry an entity tag, and 304 is for whoever has it.
        head: HEAD is answered.
        open_head: HEAD is answered to anybody, with nothing.
        options: OPTIONS is answered.
        cors: Pages of other origins may read the answers.
        latin_header: A header has a letter beyond ASCII, and another nothing.
        other_methods: What the remaining methods get.
        gateway: What comes from another origin, or through another host, is let through or refused on the way.
        http_layer: What is malformed as HTTP is answered as well as can be, or refused in plain text.
        target_limit: The longest path and query that the HTTP layer takes.
        header_limit: The longest header line that the HTTP layer takes.
    """

    operations: Literal["list", "read", "all"] = "read"
    delete_unfinished: Take = "refuse"
    stage_seconds: float = 2.0
    size: int = 250
    rate: int = 0
    rate_window: float = 1.0
    moves_per_request: float = 0.0
    moves_per_second: float = 0.0
    renames: bool = False

    new_words: bool = False
    upper_case_data: bool = False
    replicas_differ: bool = False
    stamps: Literal["seconds", "digits", "zone", "by-representation"] = "seconds"
    tiles_written: Literal["3DTiles", "3DTILES", "asked", "both"] = "3DTiles"
    request_date: bool = False
    fresh_signatures: bool = False

    default_order: Literal["changeset", "stored", "id", "name", "oldest", "newest"] = "changeset"
    filtered_order: Literal["same", "stored"] = "same"
    full_order: Literal["same", "id"] = "same"
    ties: Literal["kept", "reversed", "id", "by-representation"] = "kept"

    repeated: Literal["first", "last", "join", "refuse"] = "first"
    empty: Literal["ignore", "refuse", "literal"] = "ignore"
    other_case_names: Literal["unknown", "accept", "refuse"] = "unknown"
    other_case_order: Literal["refuse", "accept", "ignore"] = "refuse"
    signed: Literal["accept", "refuse", "ignore"] = "refuse"
    padded: Literal["accept", "refuse", "octal", "ignore"] = "accept"
    fractions: Take = "refuse"
    strange_values: Literal["nothing", "refuse"] = "nothing"
    spoilt_headers: Literal["ignore", "unauthorized", "unprocessable"] = "ignore"
    other_cdn: Literal["refuse", "off", "on"] = "off"
    odd_versions: Literal["refuse", "ignore", "nothing"] = "refuse"
    own_refusals: Literal["unprocessable", "bad-request"] = "unprocessable"
    compatibility: Literal["minimum", "all", "window", "listed"] = "minimum"
    top_zero: Literal["refuse", "empty", "default"] = "empty"
    huge_skip: Take = "accept"
    upper_case_ids: Take = "accept"
    id_spellings: bool = False
    type_letters: bool = False
    unknown_type: Literal["refuse", "nothing"] = "nothing"
    tiles_alike: bool = True

    two_returns: Literal["first", "last"] = "first"
    quoted_returns: bool = False
    parameter_returns: bool = False
    preference_applied: bool = True

    www_authenticate: bool = True
    refusal_codes: Literal["own", "same"] = "own"
    unauthorized_details: bool = False
    browser_page: bool = False
    messages: Literal["page", "other"] = "page"
    targets: Literal["named", "null", "absent"] = "named"

    link_host: str = ""
    link_path: Literal["/mesh-export/", "/mesh-export", "/api/v1/mesh-export/"] = "/mesh-export/"
    root_path: Literal["/mesh-export/", "/mesh-export", "/", "", "/api/v1/mesh-export/"] = "/mesh-export/"
    odd_root: Literal["ignore", "complete", "copy"] = "ignore"
    dollar: Literal["$", "%24"] = "$"
    self_link: Literal["whole", "as-asked"] = "whole"
    links_keep_unknown: bool = False
    prev: Literal["absent", "exact", "overlapping", "always", "null"] = "exact"
    last_page: Literal["same", "rest"] = "same"
    cursors: bool = False
    pins: bool = False
    next_after_full_page: bool = False

    media_type: Literal["vendor", "json", "accept"] = "vendor"
    charset: Literal["", "utf-8", "UTF-8", "iso-8859-1", "utf-16"] = ""
    extra_members: bool = False
    ascii: bool = False
    indent: bool = False
    gzip: bool = False
    chunked: bool = False

    entity_tags: bool = False
    head: bool = True
    open_head: bool = False
    options: bool = True
    cors: bool = True
    latin_header: bool = False
    other_methods: Literal["not-allowed", "not-found", "unauthorized-first"] = "not-allowed"
    gateway: Literal["open", "strict"] = "open"
    http_layer: Literal["tolerant", "plain-text"] = "tolerant"
    target_limit: int = 60_000
    header_limit: int = 60_000


Changes = Mapping[str, Any]

PRESETS: Mapping[str, Changes] = MappingProxyType(
    {
        "strict": {
            "repeated": "refuse",
            "empty": "refuse",
            "other_case_names": "refuse",
            "padded": "refuse",
            "other_cdn": "refuse",
            "top_zero": "refuse",
            "huge_skip": "refuse",
            "upper_case_ids": "refuse",
            "unknown_type": "refuse",
            "strange_values": "refuse",
            "spoilt_headers": "unprocessable",
            "own_refusals": "bad-request",
            "tiles_alike": False,
            "prev": "absent",
            "head": False,
            "options": False,
            "cors": False,
            "http_layer": "plain-text",
            "target_limit": 8_000,
            "header_limit": 8_000,
        },
        "lenient": {
            "repeated": "last",
            "other_case_names": "accept",
            "other_case_order": "accept",
            "signed": "accept",
            "other_cdn": "on",
            "odd_versions": "ignore",
            "compatibility": "all",
            "fractions": "accept",
            "two_returns": "last",
            "quoted_returns": True,
            "parameter_returns": True,
            "odd_root": "copy",
            "links_keep_unknown": True,
            "prev": "overlapping",
            "next_after_full_page": True,
            "messages": "other",
            "targets": "null",
            "extra_members": True,
            "charset": "utf-8",
        },
        "foreign-links": {
            "link_host": "https://api.bentley.com",
            "root_path": "",
            "odd_root": "complete",
            "dollar": "%24",
            "self_link": "as-asked",
            "prev": "always",
        },
        "moving": {"moves_per_request": 0.04, "moves_per_second": 0.5},
        "rate-limited": {"rate": 50},
        "empty": {"size": 0},
        "single": {"size": 1},
        "one-full-page": {"size": 100},
        "thousands": {"size": 2500},
        "gateway": {
            "http_layer": "plain-text",
            "target_limit": 4_000,
            "header_limit": 4_000,
            "gzip": True,
            "chunked": True,
            "media_type": "json",
            "charset": "UTF-8",
            "www_authenticate": False,
            "gateway": "strict",
            "spoilt_headers": "unauthorized",
            "entity_tags": True,
            "open_head": True,
            "other_methods": "unauthorized-first",
            "link_path": "/api/v1/mesh-export/",
        },
        "seven-digits": {
            "stamps": "digits",
            "prev": "null",
            "tiles_written": "3DTILES",
            "request_date": True,
            "upper_case_data": True,
            "default_order": "newest",
            "full_order": "id",
            "ties": "reversed",
            "refusal_codes": "same",
            "unauthorized_details": True,
        },
        "curt": {
            "preference_applied": False,
            "www_authenticate": False,
            "operations": "list",
            "prev": "absent",
            "head": False,
            "options": False,
            "cors": False,
            "latin_header": True,
            "charset": "utf-16",
            "ties": "by-representation",
            "stamps": "by-representation",
            "tiles_written": "both",
            "tiles_alike": False,
            "messages": "other",
            "targets": "absent",
            "other_methods": "not-found",
            "ascii": True,
        },
        "novel": {
            "new_words": True,
            "replicas_differ": True,
            "extra_members": True,
            "fresh_signatures": True,
            "stamps": "zone",
            "tiles_written": "asked",
            "type_letters": True,
            "compatibility": "listed",
            "filtered_order": "stored",
            "ties": "id",
            "signed": "ignore",
            "media_type": "accept",
            "indent": True,
            "repeated": "join",
            "empty": "literal",
            "padded": "octal",
            "odd_versions": "nothing",
            "top_zero": "default",
            "other_case_order": "ignore",
            "default_order": "id",
        },
    }
)
"""Each named reading as what it changes."""

READINGS: Mapping[str, Reading] = MappingProxyType(
    {"default": Reading(), **{name: Reading(**changes) for name, changes in PRESETS.items()}}
)
"""Each named reading on its own."""


def choices() -> dict[str, tuple[Any, ...]]:
    """The values of each freedom; of one without a fixed set, its type alone."""
    hints = get_type_hints(Reading)
    return {attribute.name: _values(hints[attribute.name]) for attribute in fields(Reading)}


def _values(hint: Any) -> tuple[Any, ...]:
    if hint is bool:
        return (False, True)
    return get_args(hint) if get_origin(hint) is Literal else (hint,)


def compose(names: Iterable[str]) -> Reading:
    """Readings and single choices in one; the later wins where two choose differently.

    Args:
        names: Names of readings, and choices written `freedom=value`.

    Raises:
        ValueError: There is no such reading, freedom or value.
    """
    reading = Reading()
    for name in names:
        reading = evolve(reading, **_changes(name))
    return reading


def _changes(name: str) -> Changes:
    key, equals, text = name.partition("=")
    if equals:
        return {key.replace("-", "_"): _choice(key.replace("-", "_"), text)}
    if name == "default":
        return {}
    if name not in PRESETS:
        raise ValueError(f"There is no reading {name!r}: choose from {', '.join(READINGS)}.")
    return PRESETS[name]


def _choice(freedom: str, text: str) -> Any:
    admitted = choices().get(freedom)
    if admitted is None:
        raise ValueError(f"There is no freedom {freedom!r}: --list has their names.")
    if admitted in {(int,), (float,), (str,)}:
        return _free_choice(freedom, admitted[0], text)
    for value in admitted:
        if text == (str(value).lower() if isinstance(value, bool) else value):
            return value
    words = ", ".join(str(value).lower() if isinstance(value, bool) else repr(value) for value in admitted)
    raise ValueError(f"{freedom} cannot be {text!r}: choose from {words}.")


def _free_choice(freedom: str, kind: Any, text: str) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or (kind is not str and not 0 <= value < float("inf")):
        raise ValueError(f"{freedom} cannot be {text!r}: it takes a number that is not negative.")
    return value
