"""Request parameters: what is refused, with which error, and what must at least do no harm."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import pytest
from attrs import evolve

from conformance import spec, values
from conformance.exchange import Exchange, Request
from conformance.query import FILTERS, IDENTIFIERS, PLACES
from conformance.run import FULL, Run

_BEYOND = ("$skip", "1000000")


@pytest.mark.requirements(
    "json-encoding",
    "json-unique-names",
    "status-documented",
    "status-no-server-error",
    "answer-in-time",
    "top-maximum",
    "top-negative",
    "top-number",
    "skip-negative",
    "skip-number",
    "orderby-unsupported",
    "imodelid-invalid",
    "imodelid-format",
    "changesetid-invalid",
    "changesetid-format",
    "unprocessable-code",
    "unprocessable-body",
    "unprocessable-detail-code",
    "unprocessable-detail-target",
    "error-media-type",
    "error-code",
    "error-message",
    "error-target",
    "error-details",
    "error-object",
    "error-no-internals",
    "unprocessable-every-parameter",
    "names-percent-encoded",
    "path-without-slash",
)
@pytest.mark.parametrize("name", values.INVALID)
def test_an_invalid_value_is_refused(run: Run, name: str) -> None:
    plain = [Request.of(((name, value),)) for value in values.INVALID[name]]
    run.send_all(plain)
    telling = plain[: values.TELLING_INVALID]
    escaped = [evolve(each, query=each.query.replace("$", "%24")) for each in telling if "$" in name]
    run.send_all([*escaped, *(evolve(each, path=spec.bare_path()) for each in telling), evolve(plain[0], headers=FULL)])


@pytest.mark.requirements(
    "top-maximum",
    "error-details",
    "unprocessable-code",
    "unprocessable-body",
    "unprocessable-every-parameter",
    "unprocessable-detail-target",
    "unprocessable-detail-code",
)
def test_every_invalid_parameter_is_named(run: Run) -> None:
    invalid = {name: examples[0] for name, examples in values.INVALID.items()}
    pairs = [Request.of(chosen) for chosen in combinations(invalid.items(), 2)]
    backwards = [Request.of(reversed(chosen)) for chosen in pairwise(invalid.items())]
    page = Request.of((("$top", values.TOO_LARGE), ("iModelId", "x"), ("changesetId", "x")))
    run.send_all([page, Request.of(invalid.items()), *pairs, *backwards])
    _each_message_has_its_target(run, list(invalid.items()))


def _each_message_has_its_target(run: Run, invalid: list[tuple[str, str]]) -> None:
    """What the server says of one parameter alone, and of no other, it does not say of another beside it."""
    said = [(name, text) for name, value in invalid for text, _ in _details(run.send_once(Request.of([(name, value)])))]
    times = Counter(text for _, text in said)
    about = {text: name for name, text in said if times[text] == 1}
    together = run.send_once(Request.of(invalid))
    for text, target in _details(together):
        if about.get(text, target) != target:
            message = f"the detail that says of {about[text]} what is said of it alone has the target {target!r}"
            run.broke("unprocessable-detail-target", together, message)
            return


def _details(exchange: Exchange) -> list[tuple[str, str]]:
    """Message and target of each detail that has both."""
    details = exchange.error.get("details")
    pairs = [
        (detail.get("message"), detail.get("target"))
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, dict)
    ]
    return [(text, target) for text, target in pairs if isinstance(text, str) and isinstance(target, str)]


@pytest.mark.requirements(
    "unprocessable-detail-target",
    "top-maximum",
    "imodelid-invalid",
    "changesetid-invalid",
    "orderby-unsupported",
    "skip-negative",
)
def test_an_invalid_parameter_among_valid_ones_is_refused(run: Run) -> None:
    snapshot = run.knowledge.snapshot
    requests = []
    for name, examples in values.INVALID.items():
        invalid = (name, examples[0])
        others = [(other, values.plain_value(snapshot, other)) for other in spec.parameters("query") if other != name]
        # What keeps it from being refused is among all of them, and what puts that right again not in every part.
        parts = [others, others[::2], others[1::2], others[:4], others[4:]]
        requests += [Request.of((invalid, *part)) for part in parts]
        requests.append(Request.of((*others, invalid), headers=FULL))
        if name != "$skip":
            # Where nothing is left to be shown, a service may look no further.
            requests.append(Request.of((invalid, _BEYOND)))
    run.send_all(requests)


@pytest.mark.requirements(
    "status-no-server-error",
    "status-documented",
    "answer-in-time",
    "error-no-internals",
    "error-target",
    "imodelid-format",
    "changesetid-format",
    "unprocessable-detail-target",
)
@pytest.mark.parametrize("name", values.FREE)
def test_a_value_that_is_left_to_the_server_does_no_harm(run: Run, name: str) -> None:
    # The full representation shows by its `request`, and by its mesh links, what an odd value was taken for.
    headers = FULL if name in (*FILTERS, "cdn") else ()
    requests = [Request.of(((name, value),), headers=headers) for value in values.FREE[name]]
    requests.append(Request(query=f"{name}={values.badly_escaped(name)}"))
    valid = values.plain_value(run.knowledge.snapshot, name)
    # Beside every other parameter at once: what meets any of them in the wrong way shows, and is reduced to the pair.
    others = [
        (other, values.plain_value(run.knowledge.snapshot, other))
        for other in spec.parameters("query")
        if other != name
    ]
    requests += [Request.of(((name, value), *others)) for value in values.FREE[name] if value in values.TELLING]
    requests += [
        Request.of(((name, valid), (name, valid))),
        Request.of(((name, valid), (name, "x"))),
        Request(query=name),
        Request.of(((f"{name}[]", valid),)),
        Request.of(((name, valid), (f"{name}[a]", valid))),
        Request.of(((name.upper(), valid),), headers=headers),
        Request.of(((f"{name} ", valid),)),
        *([Request.of(((name, f"{valid}\n"),), headers=headers)] if name in IDENTIFIERS else []),
    ]
    run.send_all(requests)


@pytest.mark.requirements("unknown-parameter-ignored", "status-no-server-error", "status-documented", "answer-in-time")
def test_odd_queries_do_no_harm(run: Run) -> None:
    odd = (
        "?", "&", "&&", "=", "=x", "$", "$=", "%", "%24", "a=%", "$top", "$top=&$skip=", "$top=5&&$skip=1", "$top=5;$skip=1", "$top==5", "$top=5#x",
        "$top%00=5", "x=" + "y" * 900, "&".join(f"p{number}=1" for number in range(100)), "%ff=%ff", "__proto__=1", "constructor=1", "a[b][c]=1",
    )  # fmt: skip
    run.send_all(Request(query=query) for query in odd)


@pytest.mark.requirements(
    "imodelid-accepted",
    "changesetid-accepted",
    "exporttype-accepted",
    "top-accepted",
    "skip-accepted",
    "orderby-accepted",
    "cdn-accepted",
    "tileversion-accepted",
    "itwinjs-accepted",
    "parameters-optional",
    "imodelid-only",
    "changesetid-only",
    "exporttype-only",
    "status-no-server-error",
    "status-documented",
)
def test_pairs_of_valid_values_are_accepted(run: Run) -> None:
    snapshot = run.knowledge.snapshot
    valid = [(name, values.plain_value(snapshot, name)) for name in spec.parameters("query")]
    selecting = [pair for pair in valid if pair[0] not in PLACES]
    # A small page has a link to the next one, which must keep both.
    run.send_all(Request.of((*pair, ("$top", "2")), headers=FULL) for pair in combinations(selecting, 2))
    run.send_all([Request.of(valid), Request.of(reversed(valid), headers=FULL)])
