"""Checks of the exports of one list by themselves: what each must be in its representation.

Which exports a list must hold is the business of the checks of selections.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from conformance import spec
from conformance.checks.registry import Context, Observation, broken, check, held, judged
from conformance.collection import Export, date, identity, mesh_link, passes, requested
from conformance.knowledge import mesh_host
from conformance.preference import Preferred, is_plain
from conformance.query import COMPATIBILITY, FILTERS, Validity

_COMPLETE: Final = "Complete"
_SEVERAL: Final = 3
"""Mesh links that tell where links lead, where fewer hosts than that were seen: a server may spread them at random."""


@check("export-status-known")
def known_status(context: Context) -> Iterator[Observation]:
    """A status is not a known one with blanks or in another case."""
    if not context.readable_list:
        return
    known = spec.known_values("ExportStatus")
    plain = {_plainly(value) for value in known}
    for export in context.exchange.exports:
        status = export.get("status")
        if isinstance(status, str) and status not in known and _plainly(status) in plain:
            yield broken("export-status-known", f"status {status!r}")
            return
    if context.exchange.exports:
        yield held("export-status-known")


def _plainly(status: str) -> str:
    return "".join(status.split()).lower()


@check("list-unique")
def unique(context: Context) -> Iterator[Observation]:
    """A page has each export once."""
    if not context.readable_list or not context.exchange.exports:
        return
    ids = context.exchange.ids
    twice = (
        next((one for index, one in enumerate(ids) if one in ids[:index]), None) if len(set(ids)) < len(ids) else None
    )
    yield judged("list-unique", twice is None, f"the page has the export {twice} twice")


@check("prefer-default", "prefer-minimal", "prefer-representation", "prefer-syntax", "full-request")
def representation(context: Context) -> Iterator[Observation]:
    """Exports come in the representation that the request asks for."""
    exports = context.exchange.exports
    if not context.readable_list or not exports or context.preferred is Preferred.UNCLEAR:
        return
    plain = is_plain(context.exchange.request.header("prefer"))
    full = [_is_full(export) for export in exports]
    if context.preferred is Preferred.REPRESENTATION:
        requirement = "prefer-representation" if plain else "prefer-syntax"
        linked = any(mesh_link(export) for export in exports) and not any("request" in export for export in exports)
        most = linked or sum(full) * 2 > len(full)
        message = f"{len(full) - sum(full)} of {len(full)} exports have no more than the minimal members"
        yield judged(requirement, most, message)
        if most:
            lacking = next((export for export in exports if not isinstance(export.get("request"), dict)), None)
            yield judged("full-request", lacking is None, f"the export {lacking and lacking.get('id')} has no request")
    elif context.knowledge.plain_minimal is not False:
        default = context.preferred is Preferred.DEFAULT
        requirement = "prefer-default" if default else "prefer-minimal" if plain else "prefer-syntax"
        if default and context.exchange.request.header("prefer"):
            requirement = "prefer-default"
        yield judged(requirement, not any(full), "an export has members of the full representation")


def _is_full(export: Export) -> bool:
    return "request" in export or mesh_link(export) is not None


@check("mesh-link-complete", "mesh-link-incomplete", "mesh-link-form")
def mesh_links(context: Context) -> Iterator[Observation]:
    """In full representation a complete export has its mesh link, and no other has links."""
    if not context.readable_list or context.preferred is not Preferred.REPRESENTATION:
        return
    seen: dict[str, Observation] = {}
    for export in context.exchange.exports:
        if not isinstance(export.get("request"), dict):
            continue
        for observation in _mesh_link(export):
            if observation.requirement not in seen or not observation.holds:
                seen[observation.requirement] = observation
    yield from seen.values()


def _mesh_link(export: Export) -> Iterator[Observation]:
    link = mesh_link(export)
    status = export.get("status")
    if status == _COMPLETE:
        yield judged(
            "mesh-link-complete", link is not None, f"the export {export.get('id')} is complete and has no mesh link"
        )
    elif status in spec.known_values("ExportStatus"):
        none = "_links" not in export
        yield judged("mesh-link-incomplete", none, f"the export {export.get('id')} is {status} and has _links")
    if link is not None:
        yield judged("mesh-link-form", _well_formed(link), f"the mesh link of the export {export.get('id')}")


def _well_formed(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.path.endswith("/")


@check("cdn-urls", "cdn-only-when-set", "root-links-only", "answers-independent")
def mesh_hosts(context: Context) -> Iterator[Observation]:
    """With `cdn=1` mesh links lead to another host than in the walk; nothing else makes them do so."""
    usual = context.knowledge.hosts
    query = context.query
    odd = query.respelled or ("cdn" in query.parameters and not query.value("cdn"))
    if not context.readable_list or not usual or odd:
        return
    cdn, root = query.value("cdn"), context.plain_root
    root_host = urlsplit(root).hostname if root else None
    placed = [(export, host) for export in context.exchange.exports if (host := mesh_host(export))]
    hosts = {host for _, host in placed}
    # Replicas may each have a host of their own.
    alike = len(usual) < _SEVERAL and context.knowledge.plain_hosts <= usual
    if cdn == "0" and alike and len(placed) >= _SEVERAL and usual.isdisjoint(hosts):
        message = f"no mesh link is on a host of those without cdn, but on {min(hosts)}"
        yield broken("cdn-only-when-set", message, contestable=True)
    for export, host in placed:
        message = f"the mesh link of {export.get('id')} is on the host {host}"
        if cdn == "1":
            yield judged("cdn-urls", host not in usual, f"{message}, as without cdn")
        elif cdn == "0":
            yield judged("cdn-only-when-set", host not in context.knowledge.cdn_hosts - usual, message)
        elif root_host and root_host not in usual:
            yield judged("root-links-only", host != root_host, message)
        elif host in context.knowledge.cdn_hosts - usual:
            yield broken("answers-independent", f"{message}, although this request has no cdn")


@check(
    *("imodelid-only", "changesetid-only", "exporttype-only", "filters-combine"),
    *("tileversion-combines", "itwinjs-combines"),
)
def own_request(context: Context) -> Iterator[Observation]:
    """An export in full representation shows by its own `request` that it passes the filters."""
    if not context.readable_list:
        return
    filters = {name: value for name in FILTERS if (value := _filter_value(context, name))}
    failing = {
        name
        for export in context.exchange.exports
        for name, value in filters.items()
        if isinstance(requested(export, name), str)
        and not passes(name, value)(export)
        and not _respelled(context, name, value, export)
    }
    version = next((name for name in COMPATIBILITY if name in context.query.parameters), None)
    if failing and version:
        yield broken(
            f"{version.lower()}-combines", f"an export in the list does not pass the filter by {sorted(failing)[0]}"
        )
    else:
        yield from only(filters, failing, "an export in the list")
    shown = any(isinstance(export.get("request"), dict) for export in context.exchange.exports)
    if shown and not failing:
        for name in filters:
            yield held(f"{name.lower()}-only")
        if len(filters) > 1:
            yield held("filters-combine")


def only(filters: dict[str, str], failing: set[str], what: str, *, contestable: bool = False) -> Iterator[Observation]:
    """The requirement that exports break which fail filters: of the one filter, or of the combination."""
    if failing:
        name = sorted(failing)[0]
        requirement = "filters-combine" if len(filters) > 1 else f"{name.lower()}-only"
        yield broken(requirement, f"{what} does not have {name}={filters[name]!r}", contestable=contestable)


def _respelled(context: Context, name: str, value: str, export: Export) -> bool:
    """Whether a type that is left to the server is the export's in other letters: it may read them as it likes."""
    return context.query.value(name) is None and _letters(value) == _letters(str(requested(export, name)))


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _filter_value(context: Context, name: str) -> str | None:
    value = context.query.value(name)
    parameter = context.query.parameters.get(name)
    if value is None and name == "exportType" and parameter and parameter.validity is Validity.FREE:
        times = sum(key == name for key, _ in context.query.pairs)
        return parameter.value if times == 1 and parameter.value.strip() else None
    return value


@check("orderby-asc", "orderby-desc")
def ordered(context: Context) -> Iterator[Observation]:
    """The dates of an ordered list go one way."""
    order = context.query.value("$orderBy")
    if order is None or not context.readable_list:
        return
    moments: list[tuple[datetime, Any]] = [
        (moment, identity(export)) for export in context.exchange.exports if (moment := date(export))
    ]
    if len({moment for moment, _ in moments}) < 2:
        return
    ascending = order.endswith("asc")
    for (earlier, _), (later, who) in pairwise(moments):
        if later != earlier and (later > earlier) is not ascending:
            yield broken(
                f"orderby-{'asc' if ascending else 'desc'}",
                f"the export {who} stands on the wrong side of the one before it",
            )
            return
    yield held(f"orderby-{'asc' if ascending else 'desc'}")
