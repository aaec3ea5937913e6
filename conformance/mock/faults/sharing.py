"""Faults of what is whose: another user, with fewer rights, is shown what is not for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from ..access import is_other
from ..model import Answer
from .tools import Change, Fault, around, bare_path, full, gate, has, later_page, linked, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model import Call, Export, Linker, Page, Query, Stages


def _unjudged(when: Callable[[Call], bool]) -> Change:
    """Whose the exports are is not looked at."""
    return around("reach", lambda own: lambda call: call.exports if when(call) else own(call))


def _both(*tests: Callable[[Call], bool]) -> Callable[[Call], bool]:
    return lambda call: all(test(call) for test in tests)


def _everyone(call: Call) -> bool:
    return not has("iModelId")(call)


def _upper_case(call: Call) -> bool:
    return any(text != text.lower() for text in texts(call, "iModelId"))


def _of_another_user(when: Callable[[Call], bool]) -> Change:
    """What the first user was shown is then shown to the other one, for the same request."""

    def change(own: Callable[[Call, Query], Answer]) -> Callable[[Call, Query], Answer]:
        kept: dict[tuple[str, bytes, bool], Sequence[Export]] = {}

        def list_exports(call: Call, query: Query) -> Answer:
            key = call.request.path, call.request.query, full(call)
            if is_other(call) and when(call) and key in kept:
                return own(_as_seen(call, kept[key]), query)
            if not is_other(call):
                kept[key] = call.exports
            return own(call, query)

        return list_exports

    return around("list_exports", change)


def _open_to_all(own: Callable[[Call], Sequence[Export]]) -> Callable[[Call], Sequence[Export]]:
    """That an iModel may be read is kept, and not for whom."""
    opened: set[str] = set()

    def reach(call: Call) -> Sequence[Export]:
        named = {text.lower() for text in texts(call, "iModelId")}
        if not is_other(call):
            opened.update(named)
        return call.exports if named and named <= opened else own(call)

    return reach


def _as_seen(call: Call, exports: Sequence[Export]) -> Call:
    return evolve(call, exports=tuple(exports), unreadable=frozenset())


def _judged_after_the_cut(when: Callable[[Call], bool]) -> Change:
    """Whose the exports of a page are is looked at when the page is cut."""

    def change(stages: Stages) -> Stages:
        def cut(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
            theirs = {export.number for export in stages.reach(call)}
            return tuple(export for export in stages.slice(call, query, exports) if export.number in theirs)

        return evolve(_unjudged(when)(stages), slice=cut)

    return change


def _counted_for_everyone(own: Linker) -> Linker:
    """Whether there is a next page is told by the exports of all users."""

    def next_page(call: Call, query: Query, page: Page) -> str | None:
        everyone = len(call.stages.select(call, query, call.exports))
        return own(call, query, evolve(page, total=everyone)) if page.skip + page.top < everyone else None

    return next_page


def _hidden_imodel(call: Call) -> bool:
    return is_other(call) and any(text.lower() in call.unreadable for text in texts(call, "iModelId"))


FAULTS = (
    Fault(
        "access-judged-after-the-cut",
        ("top-fills", "skip-leaves-out", "top-default", "imodelid-access"),
        "What another user may not read is left out of a page when it is cut.",
        _judged_after_the_cut(lambda _call: True),
    ),
    Fault(
        "access-judged-after-the-cut-by-type",
        ("top-fills", "skip-leaves-out"),
        "What another user may not read is left out of a page by a type when it is cut.",
        _judged_after_the_cut(has("exportType")),
    ),
    Fault(
        "next-counts-everyone",
        ("links-next-absent",),
        "Whether there is a `next` is told by the exports of all users.",
        linked("next", _counted_for_everyone),
    ),
    Fault(
        "hidden-imodel-403",
        ("status-documented",),
        "An iModel that another user may not read gets 403.",
        gate(_hidden_imodel, lambda _call: Answer(403, {"error": {"code": "Forbidden", "message": "Not yours."}})),
    ),
    Fault(
        "access-not-judged-in-order",
        ("imodelid-access",),
        "Who may read an iModel is not looked at where an order is asked for.",
        _unjudged(_both(has("iModelId", "$orderBy"))),
    ),
    Fault(
        "access-not-judged-in-full",
        ("imodelid-access",),
        "Who may read an iModel is not looked at in the full representation.",
        _unjudged(_both(has("iModelId"), full)),
    ),
    Fault(
        "access-not-judged-on-bare-path",
        ("imodelid-access",),
        "Who may read an iModel is not looked at on the path without a slash.",
        _unjudged(_both(has("iModelId"), bare_path)),
    ),
    Fault(
        "access-not-judged-on-later-pages",
        ("imodelid-access",),
        "Who may read an iModel is not looked at on later pages.",
        _unjudged(_both(has("iModelId"), later_page)),
    ),
    Fault(
        "access-not-judged-in-upper-case",
        ("imodelid-access",),
        "Who may read an iModel is not looked at where its id has upper-case letters.",
        _unjudged(_upper_case),
    ),
    Fault(
        "access-not-judged-beside-changesetid",
        ("imodelid-access",),
        "Who may read an iModel is not looked at beside a changeset.",
        _unjudged(has("iModelId", "changesetId")),
    ),
    Fault(
        "imodel-cached-for-all-users",
        ("imodelid-access",),
        "What one user was shown of an iModel is shown to the next who asks the same.",
        _of_another_user(has("iModelId")),
    ),
    Fault(
        "imodel-opened-for-all-users",
        ("imodelid-access",),
        "Once one user has asked for an iModel, every other one may read it.",
        around("reach", _open_to_all),
    ),
    Fault(
        "list-cached-for-all-users",
        ("list-own",),
        "The list of one user is shown to the next who asks the same.",
        _of_another_user(_everyone),
    ),
    Fault(
        "list-of-all-users-in-order",
        ("list-own",),
        "An ordered list has the exports of all users.",
        _unjudged(_both(_everyone, has("$orderBy"))),
    ),
    Fault(
        "list-of-all-users-by-version",
        ("list-own",),
        "The list by a tile version has the exports of all users.",
        _unjudged(_both(_everyone, has("tileVersion"))),
    ),
    Fault(
        "list-of-all-users-in-full",
        ("list-own",),
        "In full representation the list has the exports of all users.",
        _unjudged(_both(_everyone, full)),
    ),
    Fault(
        "list-of-all-users-by-changeset",
        ("list-own",),
        "The list by a changeset alone has the exports of all users.",
        _unjudged(_both(_everyone, has("changesetId"))),
    ),
    Fault(
        "types-cached-for-all-users",
        ("list-own",),
        "The list of one user by a type is shown to the next who asks the same.",
        _of_another_user(_both(_everyone, has("exportType"))),
    ),
)
"""The faults of this theme."""
