"""What a fault is, and the small parts that faults are made of.

A fault takes the stages of a conforming endpoint and changes one of them; the functions here make such changes from
what is wrong alone. Tests (`has`, `later_page`, `one`, …) say when it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any

from attrs import evolve, field, frozen

from ..access import place
from ..answers import refusal
from ..model import Answer, Call, Export, Json, Parser, Problem, Query, Stages, Wire
from ..parameters import pairs

Change = Callable[[Stages], Stages]
CallTest = Callable[[Call], bool]
ItemTest = Callable[[Call, Export], bool]


@frozen
class Fault:
    """One way to break the endpoint.

    Attributes:
        name: Its name.
        requirements: The requirements that it violates, first the one that it violates in the first place.
        description: What is wrong, in one sentence.
        change: Puts the changed stage in place; called once for each endpoint, so that it may keep state.
        needs: The freedoms that have to be chosen so that the fault can be seen.
    """

    name: str
    requirements: tuple[str, ...]
    description: str
    change: Change = field(repr=False)
    needs: Mapping[str, Any] = field(factory=lambda: MappingProxyType({}))


MOVING: Mapping[str, Any] = MappingProxyType({"moves_per_second": 2.0, "moves_per_request": 0.03})
"""What a fault needs that only a collection shows which moves."""


def of_list(call: Call) -> bool:
    """Whether a call is not for one export: the faults of the list leave the other operations alone.

    Args:
        call: The call.
    """
    return place(call.request.path) in ("collection", "")


def around(stage: str, wrapper: Callable[[Any], Any]) -> Change:
    """Puts another function in the place of a stage.

    Args:
        stage: The stage.
        wrapper: Makes the other function from the stage's own.
    """
    return lambda stages: evolve(stages, **{stage: wrapper(getattr(stages, stage))})


def shared_in_flight(status: int, borrow: Callable[[Call, Call], Call]) -> Change:
    """Something of a call is kept in a place that simultaneous requests share: the last of them counts for all.

    Args:
        status: The status of the answers that wait for what comes meanwhile.
        borrow: The call with what the last one has left.
    """

    def wrapper(answer: Any) -> Any:
        last: list[Call] = []

        def other(call: Call) -> Answer:
            last[:] = [call]
            right: Answer = answer(call)
            if right.status != status:
                return right
            return evolve(right, delay=0.015, late=lambda: answer(borrow(call, last[0])))

        return other

    return around("answer", wrapper)


def both(*changes: Change) -> Change:
    """Several changes, one after another.

    Args:
        changes: The changes.
    """

    def change(stages: Stages) -> Stages:
        for one_change in changes:
            stages = one_change(stages)
        return stages

    return change


def performed(operation: str, change: Callable[[Call, Callable[[Call], Answer]], Answer]) -> Change:
    """Answers an operation differently.

    Args:
        operation: The operation.
        change: Makes the other answer from the call and what answers as it should be.
    """

    def changed(stages: Stages) -> Stages:
        own = stages.operations[operation]
        return evolve(stages, operations={**stages.operations, operation: lambda call: change(call, own)})

    return changed


def parser(name: str, wrapper: Callable[[Parser], Parser]) -> Change:
    """Reads one parameter differently.

    Args:
        name: The parameter.
        wrapper: Makes the other parser from the parameter's own.
    """
    return lambda stages: evolve(stages, parsers={**stages.parsers, name: wrapper(stages.parsers[name])})


def parsed(name: str, read: Callable[[Call, str], Any]) -> Change:
    """Reads one parameter differently, without regard to its own parser.

    Args:
        name: The parameter.
        read: The other parser.
    """
    return parser(name, lambda _own: read)


def matched(name: str, match: Callable[[Call, Export, Any], bool]) -> Change:
    """Filters by one parameter differently.

    Args:
        name: The parameter.
        match: Whether an export passes.
    """
    return lambda stages: evolve(stages, matchers={**stages.matchers, name: match})


def linked(name: str, wrapper: Callable[[Any], Any]) -> Change:
    """Builds one link differently.

    Args:
        name: The link.
        wrapper: Makes the other linker from the link's own.
    """
    return lambda stages: evolve(stages, linkers={**stages.linkers, name: wrapper(stages.linkers[name])})


def items(show: Callable[[Call, Export, Json], Any], when: ItemTest | None = None) -> Change:
    """Shows exports differently.

    Args:
        show: Makes the other item from the call, the export and the item as it should be.
        when: Which exports; all of them unless given.
    """

    def wrapper(represent: Any) -> Any:
        def shown(call: Call, query: Query, preference: Any, export: Export) -> Any:
            item = represent(call, query, preference, export)
            return item if when is not None and not when(call, export) else show(call, export, item)

        return shown

    return around("represent", wrapper)


def documents(show: Callable[[Call, Json], Any], when: CallTest | None = None) -> Change:
    """Shows pages of the list differently.

    Args:
        show: Makes the other document from the call and the document as it should be.
        when: For which calls; all of them unless given.
    """

    def wrapper(compose: Any) -> Any:
        def shown(call: Call, *parts: Any) -> Answer:
            answer: Answer = compose(call, *parts)
            return evolve(answer, document=show(call, answer.document)) if when is None or when(call) else answer

        return shown

    return around("compose", wrapper)


def replies(change: Callable[[Call, Answer], Answer], *statuses: int, when: CallTest | None = None) -> Change:
    """Changes answers of some statuses before they are finished, those about one export apart.

    Args:
        change: Makes the other answer.
        statuses: The statuses.
        when: For which calls; all of them unless given.
    """

    def wrapper(finish: Any) -> Any:
        def finished(call: Call, answer: Answer) -> Any:
            meant = answer.status in statuses and of_list(call) and (when is None or when(call))
            return finish(call, change(call, answer) if meant else answer)

        return finished

    return around("finish", wrapper)


def errors(show: Callable[[Json], Any], *statuses: int, when: CallTest | None = None) -> Change:
    """Changes the `error` of error bodies.

    Args:
        show: Makes the other error.
        statuses: The statuses whose bodies are meant.
        when: For which calls; all of them unless given.
    """

    def change(_call: Call, answer: Answer) -> Answer:
        return evolve(answer, document={"error": show(answer.document["error"])})

    return replies(change, *statuses, when=when)


def wires(change: Callable[[Call, Wire], Wire], *statuses: int, when: CallTest | None = None) -> Change:
    """Changes the bytes of answers, those about one export apart.

    Args:
        change: Makes the other bytes.
        statuses: The statuses of the answers that are meant.
        when: For which calls; all of them unless given.
    """

    def wrapper(write: Any) -> Any:
        def written(call: Call, answer: Answer) -> Wire:
            wire: Wire = write(call, answer)
            meant = wire.status in statuses and of_list(call) and (when is None or when(call))
            return change(call, wire) if meant else wire

        return written

    return around("write", wrapper)


def gate(test: CallTest, answer: Callable[[Call], Answer]) -> Change:
    """Answers some calls at once, those about one export apart, as soon as their credentials are judged.

    Args:
        test: Which calls.
        answer: What they get.
    """

    def wrapper(limit: Any) -> Any:
        return lambda call: answer(call) if of_list(call) and test(call) else limit(call)

    return around("limit", wrapper)


def selected(
    change: Callable[[Call, Query, Sequence[Export]], Sequence[Export]], when: CallTest | None = None
) -> Change:
    """Changes what the filters leave.

    Args:
        change: Makes another selection from the call, the query and the selection as it should be.
        when: For which calls; all of them unless given.
    """

    def wrapper(select: Any) -> Any:
        def other(call: Call, query: Query, exports: Sequence[Export]) -> Any:
            right = select(call, query, exports)
            return change(call, query, right) if when is None or when(call) else right

        return other

    return around("select", wrapper)


def forgets(*names: str, when: CallTest | None = None) -> Change:
    """Selects without some filters.

    Args:
        names: The filters.
        when: For which calls; all of them unless given.
    """

    def wrapper(select: Any) -> Any:
        def other(call: Call, query: Query, exports: Sequence[Export]) -> Any:
            if when is None or when(call):
                query = without(query, *names)
            return select(call, query, exports)

        return other

    return around("select", wrapper)


def without(query: Query, *names: str) -> Query:
    """The query without the meaning of some parameters.

    Args:
        query: The query.
        names: The parameters.
    """
    return evolve(query, values={name: value for name, value in query.values.items() if name not in names})


def crash(call: Call) -> Answer:
    """A server error as a service reports it that catches its exceptions.

    Args:
        call: The call.
    """
    return refusal(call, 500, Problem("InternalServerError", "Something went wrong.", None))


def plain(status: int, text: str) -> Callable[[Call], Answer]:
    """An answer in plain text.

    Args:
        status: The status.
        text: The text.
    """
    return lambda _call: Answer(status, body=text.encode(), media_type="text/plain")


def refused(name: str, message: str = "is invalid.") -> Callable[[Call], Answer]:
    """A 422 for one parameter.

    Args:
        name: The parameter.
        message: What is wrong with it.
    """
    return lambda call: call.stages.refuse(call, [Problem("InvalidParameter", f"{name} {message}", name)])


def texts(call: Call, name: str) -> list[str]:
    """The values of a parameter as the request has them.

    Args:
        call: The call.
        name: The parameter.
    """
    return [text for other, text in pairs(call.request.query) if other == name]


def has(*names: str) -> CallTest:
    """Whether a call has all of some parameters, and not empty.

    Args:
        names: The parameters.
    """
    return lambda call: all(any(texts(call, name)) for name in names)


def written(name: str, test: Callable[[str], bool]) -> CallTest:
    """Whether a value of a parameter is of a kind.

    Args:
        name: The parameter.
        test: The kind.
    """
    return lambda call: any(test(text) for text in texts(call, name))


def any_value(test: Callable[[str], bool]) -> CallTest:
    """Whether a value of any parameter is of a kind.

    Args:
        test: The kind.
    """
    return lambda call: any(test(text) for _, text in pairs(call.request.query))


def later_page(call: Call) -> bool:
    """Whether the call is for a page that is not the first.

    Args:
        call: The call.
    """
    return any(text.strip("0") for text in texts(call, "$skip"))


def full(call: Call) -> bool:
    """Whether the call prefers the full representation.

    Args:
        call: The call.
    """
    return call.stages.prefer(call).full


def bare_path(call: Call) -> bool:
    """Whether the call is for the path without its slash.

    Args:
        call: The call.
    """
    return not call.request.path.endswith("/")


def header(name: str) -> CallTest:
    """Whether a call has a header.

    Args:
        name: The header, in lower case.
    """
    return lambda call: bool(call.request.lines(name))


def one(call: Call, export: Export) -> bool:
    """Whether the export is the one in hundreds that something is wrong with.

    Args:
        call: The call.
        export: The export.
    """
    return export.number == len(call.exports) * 5 // 9


def one_complete(call: Call, export: Export) -> bool:
    """Whether the export is the last complete one in storage.

    Args:
        call: The call.
        export: The export.
    """
    return export.number == max((other.number for other in call.exports if other.status == "Complete"), default=-1)


def one_incomplete(call: Call, export: Export) -> bool:
    """Whether the export is the last one in storage that is not complete.

    Args:
        call: The call.
        export: The export.
    """
    return export.number == max((other.number for other in call.exports if other.status != "Complete"), default=-1)


def for_one_imodel(call: Call) -> bool:
    """Whether a request is for one certain iModel, which is neither the first nor the last of several.

    Args:
        call: The call.
    """
    return texts(call, "iModelId") == _in_the_middle({export.imodel_id for export in call.exports})


def for_one_changeset(call: Call) -> bool:
    """Whether a request is for one certain changeset, which is neither the first nor the last of several.

    Args:
        call: The call.
    """
    changesets = {export.changeset_id for export in call.exports}
    return texts(call, "changesetId") == _in_the_middle(changesets - {""})


def _in_the_middle(every: Set[str]) -> list[str]:
    return sorted(every)[len(every) // 2 :][:1]


def in_status(*statuses: str) -> ItemTest:
    """Whether an export has one of some statuses.

    Args:
        statuses: The statuses.
    """
    return lambda _call, export: export.status in statuses


def omit(*path: str) -> Callable[[Call, Export, Json], Json]:
    """Shows an item without a member.

    Args:
        path: The names that lead to the member.
    """
    return lambda _call, _export, item: put(item, path)


def member(*path: str, to: Callable[[Any], Any]) -> Callable[[Call, Export, Json], Json]:
    """Shows an item with another value of a member, where it has the member.

    Args:
        path: The names that lead to the member.
        to: Makes the other value.
    """
    return lambda _call, _export, item: put(item, path, to)


def put(value: Any, path: Sequence[str], to: Callable[[Any], Any] | None = None) -> Any:
    """A document with another value of a member, or without the member.

    Args:
        value: The document.
        path: The names that lead to the member; nothing changes where they lead nowhere.
        to: Makes the other value; without it, the member is left out.
    """
    name, *rest = path
    if not isinstance(value, dict) or name not in value:
        return value
    if rest:
        return {**value, name: put(value[name], rest, to)}
    if to is None:
        return {other: content for other, content in value.items() if other != name}
    return {**value, name: to(value[name])}
