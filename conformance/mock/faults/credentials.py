"""Faults of credentials: taken where they should not be, refused where they are good, told to others."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from attrs import evolve

from ..access import unauthorized
from ..answers import dump, refusal
from ..model import Answer, Problem, RefusalError
from ..parameters import pairs
from .tools import (
    Change,
    Fault,
    around,
    bare_path,
    crash,
    documents,
    for_one_imodel,
    full,
    has,
    header,
    items,
    later_page,
    of_list,
    one_complete,
    plain,
    put,
    replies,
    shared_in_flight,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Call, Gate, Query, Stages


def _line(call: Call) -> str:
    return call.request.header("authorization") or ""


def _token(call: Call) -> str:
    return _line(call).partition(" ")[2]


def _bearer(test: Callable[[Call, str], bool]) -> Callable[[Call], bool]:
    def accepted(call: Call) -> bool:
        scheme, _, token = _line(call).partition(" ")
        return scheme.lower() == "bearer" and bool(token) and test(call, token)

    return accepted


def _accepts(test: Callable[[Call], bool]) -> Change:
    return around("authorize", lambda own: lambda call: None if test(call) else own(call))


def _refuses(test: Callable[[Call], bool]) -> Change:
    def wrapper(own: Gate) -> Gate:
        return lambda call: unauthorized(call, "InvalidToken") if test(call) else own(call)

    return around("authorize", wrapper)


def _instead(answer: Callable[[Call], Answer], when: Callable[[Call], bool]) -> Change:
    def wrapper(own: Gate) -> Gate:
        def authorize(call: Call) -> Answer | None:
            right = own(call)
            return answer(call) if right is not None and when(call) else right

        return authorize

    return around("authorize", wrapper)


def _anonymous(call: Call) -> bool:
    return not header("authorization")(call)


def _malformed(call: Call) -> bool:
    return header("authorization")(call) and " " not in _line(call)


def _forbidden(call: Call) -> Answer:
    return refusal(call, 403, Problem("Forbidden", "The token was not accepted.", None))


def _cached(own: Gate) -> Gate:
    seen: set[tuple[str, bytes]] = set()

    def authorize(call: Call) -> Answer | None:
        key = (call.request.path, call.request.query)
        if key in seen:
            return None
        refused = own(call)
        if refused is None:
            seen.add(key)
        return refused

    return authorize


def _session(own: Gate) -> Gate:
    open_sessions: set[str] = set()

    def authorize(call: Call) -> Answer | None:
        agent = call.request.header("user-agent") or ""
        refused = own(call)
        if refused is None:
            open_sessions.add(agent)
        return None if agent in open_sessions and _anonymous(call) else refused

    return authorize


def _as_sent_by(call: Call, other: Call) -> Call:
    lines = [line for line in call.request.headers if line[0] != "authorization"]
    theirs = [line for line in other.request.headers if line[0] == "authorization"]
    return evolve(call, request=evolve(call.request, headers=(*theirs, *lines)))


def _wears_out(every: int) -> Change:
    return _refuses(lambda call: call.number % every == every - 1)


def _parameters_first(*names: str) -> Change:
    def change(stages: Stages) -> Stages:
        def authorize(call: Call) -> Answer | None:
            refused = stages.authorize(call)
            if refused is None:
                return None
            try:
                given = stages.read(call)
                stages.validate(call, {name: text for name, text in given.items() if not names or name in names})
            except RefusalError as error:
                return stages.refuse(call, error.problems)
            return refused

        return evolve(stages, authorize=authorize)

    return change


def _opens(test: Callable[[Call, Query], bool]) -> Change:
    """Answers some queries of the list, where they can be worked with, before the token is looked at."""

    def change(stages: Stages) -> Stages:
        def authorize(call: Call) -> Answer | None:
            refused = stages.authorize(call)
            if refused is None or not of_list(call):
                return refused
            try:
                query = stages.validate(call, stages.read(call))
            except RefusalError:
                return refused
            return None if test(call, query) else refused

        return evolve(stages, authorize=authorize)

    return change


def _of_unknown_imodel(call: Call, query: Query) -> bool:
    return query.values.get("iModelId", "") not in {"", *(export.imodel_id.lower() for export in call.exports)}


def _revalidated(finish: Any) -> Any:
    """Gives each page an ETag, and tells anyone who has it that nothing has changed."""
    given: set[tuple[str, bytes, str]] = set()

    def finished(call: Call, answer: Answer) -> Any:
        place = (call.request.path, call.request.query)
        asked = call.request.header("if-none-match") or ""
        if answer.status == 200 and of_list(call):
            tag = f'"{hashlib.sha256(dump(call, answer.document)).hexdigest()[:16]}"'
            given.add((*place, tag))
            answer = _with_header("ETag", lambda _call: tag)(call, answer)
        elif answer.status == 401 and (*place, asked) in given:
            answer = Answer(304, headers=(("ETag", asked),))
        return finish(call, answer)

    return finished


def _with_header(name: str, value: Callable[[Call], str]) -> Callable[[Call, Answer], Answer]:
    return lambda call, answer: evolve(answer, headers=(*answer.headers, (name, value(call))))


def _with_token_in_links(call: Call, document: Any) -> Any:
    for link in filter(None, document["_links"].values()):
        link["href"] += f"&access_token={_token(call)}"
    return document


def _told(call: Call, answer: Answer) -> Answer:
    return evolve(answer, document=put(answer.document, ("error", "message"), lambda text: f"{text} [{_line(call)}]"))


def _long_token(_call: Call, token: str) -> bool:
    return len(token) >= 100


FAULTS = (
    Fault(
        "verdict-shared-in-flight",
        ("auth-required", "auth-wrong-token"),
        "A request without a good token is let in by one with it that comes at the same time.",
        shared_in_flight(401, _as_sent_by),
    ),
    Fault("auth-not-required", ("auth-required", "auth-wrong-token"), "Anyone may read.", _accepts(lambda _call: True)),
    Fault(
        "token-taken-from-query",
        ("auth-required",),
        "A token in the query will do.",
        _accepts(lambda call: call.token in dict(pairs(call.request.query)).values()),
    ),
    Fault("auth-optional", ("auth-required",), "Who sends no credentials may read.", _accepts(_anonymous)),
    Fault(
        "auth-optional-on-bare-path",
        ("auth-required",),
        "The path without a slash needs no credentials.",
        _accepts(lambda call: bare_path(call) and _anonymous(call)),
    ),
    Fault(
        "auth-optional-with-imodelid",
        ("auth-required",),
        "A request with `iModelId` needs no credentials.",
        _accepts(lambda call: has("iModelId")(call) and _anonymous(call)),
    ),
    Fault(
        "auth-optional-for-one-imodel",
        ("auth-required",),
        "One iModel of several is open to all.",
        _accepts(lambda call: for_one_imodel(call) and _anonymous(call)),
    ),
    Fault(
        "auth-optional-for-one-type",
        ("auth-required",),
        "Exports of one type are open to all.",
        _accepts(lambda call: _anonymous(call) and texts(call, "exportType") == ["CESIUM"]),
    ),
    Fault(
        "auth-optional-on-escaped-path",
        ("auth-required",),
        "A path with an escape needs no credentials.",
        _accepts(lambda call: b"%" in call.request.target and _anonymous(call)),
    ),
    Fault(
        "lower-case-scheme-unjudged",
        ("auth-wrong-token",),
        "Any token will do where the scheme is written in lower case.",
        _accepts(lambda call: (call.request.header("authorization") or "").startswith("bearer ")),
    ),
    Fault(
        "auth-optional-for-nothing",
        ("auth-required",),
        "A `$top` of 0 needs no credentials.",
        _accepts(lambda call: texts(call, "$top") == ["0"] and _anonymous(call)),
    ),
    Fault(
        "auth-optional-with-cdn",
        ("auth-required",),
        "A request with `cdn` needs no credentials.",
        _accepts(lambda call: has("cdn")(call) and _anonymous(call)),
    ),
    Fault(
        "any-share-key-accepted",
        ("auth-wrong-token",),
        "Any share key may read an iModel.",
        _accepts(lambda call: _line(call).startswith("Basic ") and has("iModelId")(call)),
    ),
    Fault(
        "browser-sent-to-login",
        ("auth-required",),
        "A browser without credentials is sent to log in.",
        _instead(
            lambda _call: Answer(302, headers=(("Location", "https://login.example.com/"),)),
            lambda call: _anonymous(call) and "text/html" in (call.request.header("accept") or ""),
        ),
    ),
    Fault(
        "auth-optional-with-cdn-on-bare-path",
        ("auth-required",),
        "A request with `cdn` on the path without a slash needs no credentials.",
        _accepts(lambda call: has("cdn")(call) and bare_path(call) and _anonymous(call)),
    ),
    Fault(
        "auth-optional-on-later-pages",
        ("auth-required",),
        "Later pages need no credentials.",
        _accepts(lambda call: later_page(call) and _anonymous(call)),
    ),
    Fault(
        "auth-optional-from-within",
        ("auth-required",),
        "Who says that the request was forwarded for the service's own machine needs no credentials.",
        _accepts(lambda call: _anonymous(call) and call.request.header("x-forwarded-for") == "127.0.0.1"),
    ),
    Fault(
        "auth-optional-for-health-checks",
        ("auth-required",),
        "What calls itself a health check needs no credentials.",
        _accepts(lambda call: _anonymous(call) and "kube-probe" in (call.request.header("user-agent") or "")),
    ),
    Fault(
        "auth-optional-for-full",
        ("auth-required",),
        "The full representation needs no credentials.",
        _accepts(lambda call: full(call) and _anonymous(call)),
    ),
    Fault(
        "auth-cached",
        ("auth-required", "answers-independent"),
        "What was read with a token is then given to anyone.",
        around("authorize", _cached),
    ),
    Fault(
        "auth-by-session",
        ("auth-required", "answers-independent"),
        "A client that sent a good token once needs it no more.",
        around("authorize", _session),
    ),
    Fault(
        "open-for-unknown-imodel",
        ("auth-required", "auth-wrong-token"),
        "An `iModelId` of which there is nothing gets its empty list before the token is looked at.",
        _opens(_of_unknown_imodel),
    ),
    Fault(
        "open-past-the-end",
        ("auth-required", "auth-wrong-token"),
        "A `$skip` beyond the collection gets its empty page before the token is looked at.",
        _opens(lambda call, query: query.skip >= len(call.exports)),
    ),
    Fault(
        "not-modified-to-nobody",
        ("auth-required", "auth-wrong-token"),
        "A conditional request with the right ETag gets 304 without a token.",
        around("finish", _revalidated),
    ),
    Fault(
        "auth-missing-403",
        ("auth-required", "status-documented"),
        "A request without credentials gets 403.",
        _instead(_forbidden, _anonymous),
    ),
    Fault(
        "auth-missing-422",
        ("auth-required",),
        "A request without credentials gets 422.",
        _instead(lambda call: evolve(unauthorized(call, "HeaderNotFound"), status=422), _anonymous),
    ),
    Fault(
        "auth-missing-redirects",
        ("auth-required", "status-documented"),
        "A request without credentials is sent to a login page.",
        _instead(
            lambda _call: Answer(302, headers=(("Location", "https://ims.bentley.com/connect/authorize"),)), _anonymous
        ),
    ),
    Fault(
        "any-token-accepted",
        ("auth-wrong-token", "auth-near-miss"),
        "Any bearer token is good.",
        _accepts(_bearer(lambda _call, _token: True)),
    ),
    Fault(
        "any-jwt-accepted",
        ("auth-wrong-token",),
        "Any token that looks like a JWT is good.",
        _accepts(_bearer(lambda _call, token: token.count(".") == 2)),
    ),
    Fault("long-token-accepted", ("auth-wrong-token",), "Any long token is good.", _accepts(_bearer(_long_token))),
    Fault(
        "any-token-accepted-on-bare-path",
        ("auth-wrong-token",),
        "Any bearer token is good on the path without a slash.",
        _accepts(lambda call: bare_path(call) and _bearer(lambda _call, _token: True)(call)),
    ),
    Fault(
        "any-token-accepted-with-orderby",
        ("auth-wrong-token",),
        "Any bearer token is good for an ordered list.",
        _accepts(lambda call: has("$orderBy")(call) and _bearer(lambda _call, _token: True)(call)),
    ),
    Fault(
        "wrong-token-403",
        ("auth-wrong-token", "status-documented"),
        "A wrong token gets 403.",
        _instead(_forbidden, lambda call: not _anonymous(call) and not _malformed(call)),
    ),
    Fault(
        "wrong-token-crashes",
        ("status-no-server-error", "auth-wrong-token"),
        "A wrong token ends in a server error.",
        _instead(crash, lambda call: not _anonymous(call) and not _malformed(call)),
    ),
    Fault(
        "wrong-token-empty-list",
        ("auth-wrong-token",),
        "A wrong token gets an empty list.",
        _instead(
            lambda _call: Answer(
                200,
                {"exports": [], "_links": {"self": {"href": "https://api.bentley.com/mesh-export/?$top=100&$skip=0"}}},
            ),
            lambda call: not _anonymous(call) and not _malformed(call),
        ),
    ),
    Fault(
        "bare-token-accepted",
        ("auth-malformed",),
        "The token is good without a scheme.",
        _accepts(lambda call: _line(call) == call.token),
    ),
    Fault(
        "empty-bearer-accepted",
        ("auth-malformed",),
        "A scheme without a token is good.",
        _accepts(lambda call: _line(call).strip().lower() == "bearer"),
    ),
    Fault(
        "empty-authorization-accepted",
        ("auth-malformed",),
        "An empty Authorization is good.",
        _accepts(lambda call: header("authorization")(call) and not _line(call).strip()),
    ),
    Fault(
        "malformed-authorization-400",
        ("auth-malformed", "status-documented"),
        "A malformed Authorization gets 400.",
        _instead(plain(400, "Bad Request"), _malformed),
    ),
    Fault(
        "malformed-authorization-crashes",
        ("status-no-server-error", "auth-malformed"),
        "A malformed Authorization ends in a server error.",
        _instead(crash, _malformed),
    ),
    Fault(
        "token-prefix-accepted",
        ("auth-near-miss",),
        "The beginning of the token is enough.",
        _accepts(_bearer(lambda call, token: call.token.startswith(token))),
    ),
    Fault(
        "token-last-character-ignored",
        ("auth-near-miss",),
        "The last character of the token does not matter.",
        _accepts(_bearer(lambda call, token: len(token) == len(call.token) and token[:-1] == call.token[:-1])),
    ),
    Fault(
        "token-suffix-accepted",
        ("auth-near-miss",),
        "The token may have more at its end.",
        _accepts(_bearer(lambda call, token: token.startswith(call.token))),
    ),
    Fault(
        "token-inside-accepted",
        ("auth-near-miss",),
        "The token may have more at its beginning.",
        _accepts(_bearer(lambda call, token: token.endswith(call.token))),
    ),
    Fault(
        "token-last-word-counts",
        ("auth-near-miss",),
        "Of what follows the scheme the last word alone counts.",
        _accepts(_bearer(lambda call, token: token.split(" ")[-1] == call.token)),
    ),
    Fault(
        "scheme-taken-out-everywhere",
        ("auth-near-miss",),
        "The scheme may stand there twice, since every one of it is taken out.",
        _accepts(_bearer(lambda call, token: token.replace("Bearer ", "") == call.token)),
    ),
    Fault(
        "token-compared-at-both-ends",
        ("auth-near-miss",),
        "Only the first and the last eight characters of the token are compared.",
        _accepts(
            _bearer(
                lambda call, token: (
                    (token[:8], token[-8:], len(token)) == (call.token[:8], call.token[-8:], len(call.token))
                )
            )
        ),
    ),
    Fault(
        "token-unescaped",
        ("auth-near-miss",),
        "The token may be percent-encoded.",
        _accepts(_bearer(lambda call, token: unquote(token) == call.token)),
    ),
    Fault(
        "token-case-ignored",
        ("auth-near-miss",),
        "The case of the token does not matter.",
        _accepts(_bearer(lambda call, token: token.lower() == call.token.lower())),
    ),
    Fault(
        "token-by-length",
        ("auth-near-miss",),
        "Any token of the right length is good.",
        _accepts(_bearer(lambda call, token: len(token) == len(call.token))),
    ),
    Fault(
        "token-first-digits",
        ("auth-near-miss",),
        "Only the first eight characters of the token are compared.",
        _accepts(_bearer(lambda call, token: token[:8] == call.token[:8])),
    ),
    Fault(
        "any-scheme-accepted",
        ("auth-other-scheme",),
        "The token is good under any scheme.",
        _accepts(lambda call: _token(call) == call.token),
    ),
    Fault(
        "basic-accepted",
        ("auth-other-scheme",),
        "The token is good under Basic.",
        _accepts(lambda call: _line(call) == f"Basic {call.token}"),
    ),
    Fault(
        "scheme-prefix-accepted",
        ("auth-other-scheme",),
        "The token is good under a scheme that begins with Bearer.",
        _accepts(lambda call: _line(call).lower().startswith("bearer") and _token(call) == call.token),
    ),
    Fault(
        "parameters-first",
        ("auth-before-parameters",),
        "Parameters are judged before credentials.",
        _parameters_first(),
    ),
    Fault("top-first", ("auth-before-parameters",), "`$top` is judged before credentials.", _parameters_first("$top")),
    Fault(
        "imodelid-first",
        ("auth-before-parameters",),
        "`iModelId` is judged before credentials.",
        _parameters_first("iModelId"),
    ),
    Fault(
        "orderby-first",
        ("auth-before-parameters",),
        "`$orderBy` is judged before credentials.",
        _parameters_first("$orderBy"),
    ),
    Fault(
        "token-refused-with-orderby",
        ("auth-accepted",),
        "The good token is refused for an ordered list.",
        _refuses(has("$orderBy")),
    ),
    Fault(
        "token-refused-on-bare-path",
        ("auth-accepted",),
        "The good token is refused on the path without a slash.",
        _refuses(bare_path),
    ),
    Fault(
        "token-refused-for-full",
        ("auth-accepted",),
        "The good token is refused for the full representation.",
        _refuses(full),
    ),
    Fault(
        "token-refused-with-root",
        ("auth-accepted",),
        "The good token is refused beside `x-api-host-and-root`.",
        _refuses(header("x-api-host-and-root")),
    ),
    Fault(
        "token-refused-now-and-then",
        ("auth-accepted", "answers-independent"),
        "The good token is refused every 23rd time.",
        _wears_out(23),
    ),
    Fault(
        "token-in-401-message",
        ("credential-not-repeated",),
        "The message of a 401 repeats the credentials.",
        replies(_told, 401),
    ),
    Fault(
        "token-in-422-message",
        ("credential-not-repeated",),
        "The message of a 422 repeats the credentials.",
        replies(_told, 422),
    ),
    Fault(
        "token-in-header",
        ("credential-not-repeated",),
        "A header of each answer repeats the token.",
        replies(_with_header("X-Debug-Principal", _token), 200, 401, 422),
    ),
    Fault(
        "token-in-cookie",
        ("credential-not-repeated",),
        "The token comes back in a cookie.",
        replies(_with_header("Set-Cookie", lambda call: f"session={_token(call)}; Path=/"), 200),
    ),
    Fault(
        "token-in-links",
        ("credential-not-repeated",),
        "The links of the list have the token in their query.",
        documents(_with_token_in_links),
    ),
    Fault(
        "token-in-later-links",
        ("credential-not-repeated",),
        "The links of later pages have the token in their query.",
        documents(_with_token_in_links, later_page),
    ),
    Fault(
        "token-in-one-mesh-link",
        ("credential-not-repeated",),
        "One mesh link has the token in its query.",
        items(
            lambda call, _export, item: put(
                item, ("_links", "mesh", "href"), lambda href: f"{href}&token={_token(call)}"
            ),
            one_complete,
        ),
    ),
    Fault(
        "token-in-comment",
        ("credential-not-repeated",),
        "The body of a 405 repeats the credentials.",
        replies(_told, 404, 405),
    ),
)
"""The faults of this theme."""
