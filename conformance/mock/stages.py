"""The row of stages of a conforming endpoint. A fault is this row with one stage changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import access, answers, links, parameters, preferences, representation, selection, single
from .model import Page, Problem, RefusalError, Stages

if TYPE_CHECKING:
    from .model import Answer, Call, Query


def answer(call: Call) -> Answer:
    """The answer to a call: the gates, then the operation.

    Args:
        call: The call.
    """
    stages = call.stages
    for gate in (stages.route, stages.authorize, stages.limit):
        refused = gate(call)
        if refused is not None:
            return refused
    return stages.operations[access.operation(call)](call)


def listing(call: Call) -> Answer:
    """The list: the parameters, then the page.

    Args:
        call: The call.
    """
    stages = call.stages
    if call.reading.spoilt_headers != "ignore" and (preferences.is_spoilt(call) or links.is_spoilt(call)):
        return access.spoilt(call)
    try:
        query = stages.validate(call, stages.read(call))
    except RefusalError as error:
        if error.left_open and call.reading.own_refusals == "bad-request":
            return answers.refusal(call, 400, Problem("BadRequest", "The request cannot be read.", None))
        return stages.refuse(call, error.problems)
    return stages.list_exports(call, query)


def list_exports(call: Call, query: Query) -> Answer:
    """A page of the list.

    Args:
        call: The call.
        query: What the parameters mean.
    """
    stages = call.stages
    selection = stages.order(call, query, stages.select(call, query, stages.reach(call)))
    exports = stages.slice(call, query, selection)
    preference = stages.prefer(call)
    items = [stages.represent(call, query, preference, export) for export in exports]
    page = Page(top=query.top, skip=query.skip, size=len(exports), total=len(selection))
    return stages.compose(call, preference, items, links.links(call, query, page))


def conforming() -> Stages:
    """The stages of a conforming endpoint, with a rate limit of its own."""
    return Stages(
        answer=answer,
        operations={"listExports": listing, **single.OPERATIONS},
        route=access.route,
        authorize=access.authorize,
        limit=access.limiter(),
        reach=access.reach,
        read=parameters.read,
        parsers=parameters.PARSERS,
        validate=parameters.validate,
        refuse=answers.refuse,
        list_exports=list_exports,
        matchers=selection.MATCHERS,
        select=selection.select,
        order=selection.order,
        slice=selection.slice_page,
        prefer=preferences.prefer,
        represent=representation.represent,
        root=links.root,
        href=links.href,
        linkers=links.LINKERS,
        compose=answers.compose,
        finish=answers.finish,
        write=answers.write,
    )
