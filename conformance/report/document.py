"""The verdict as plain data, redacted: the content of `report.json`, from which every other form is made.

`report.schema.json` describes it.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import asdict, frozen

from conformance import ledger, spec
from conformance.deviations import Deviation
from conformance.exchange import CredentialKind, Exchange, Request
from conformance.fingerprint import Cause, fingerprint
from conformance.history import Record
from conformance.latency import Latencies
from conformance.ledger import Requirement
from conformance.options import OTHER_VARIABLE, Settings
from conformance.recurrence import Fate, fate, sightings
from conformance.redaction import PLACEHOLDER, Redactor
from conformance.report.schema import SCHEMA, VERSION
from conformance.verdict import JUDGED, ExitCode, Finding, Judgement, Outcome, Symptom

_COLLECTION: Final = spec.collection_path().strip("/")
_LONGEST_BODY: Final = 2000
_READ_OF_BODY: Final = 20_000
"""What of a body is looked through for secrets before it is cut: enough that nothing that is left was cut in two."""
_DIGEST: Final = 12
_PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


@frozen
class Budget:
    """What a run used of what it was allowed.

    Attributes:
        requests: Requests sent.
        waited: Seconds waited because the server limits its rate.
        rate: Requests a second at most; None for no limit.
        max_requests: Requests at most.
        max_wait: Seconds to wait at most.
        max_seconds: Seconds at most; None for no limit.
    """

    requests: int
    waited: float
    rate: float | None
    max_requests: int
    max_wait: float
    max_seconds: float | None = None


@frozen
class Facts:
    """What a report says beside the verdict.

    Attributes:
        settings: What the run was told.
        target: The URL that was judged, and what it was.
        sources: Exchanges by who sent them.
        seconds: How long the run took.
        started: When it began, in UTC.
        budget: What it used of what it was allowed.
        latencies: How long answers took.
        notes: Sentences on what was not done, and why.
        partial: Whether the run did not come to its end.
        limited: Whether that is because the server asked to wait for longer than the run may.
        failed: Whether the suite itself failed.
    """

    settings: Settings
    target: str
    sources: Mapping[str, int]
    seconds: float
    started: datetime
    budget: Budget
    latencies: Latencies
    notes: tuple[str, ...] = ()
    partial: bool = False
    limited: bool = False
    failed: bool = False

    @property
    def exchanges(self) -> int:
        """How many exchanges there were in all."""
        return sum(self.sources.values())


def document(judgement: Judgement, facts: Facts, redact: Redactor, past: Sequence[Record] = ()) -> dict[str, Any]:
    """The verdict as plain data, redacted.

    Args:
        judgement: The verdict.
        facts: What else there is to say.
        redact: Takes the secrets out.
        past: Earlier runs against the same server, oldest first.
    """
    asked_for = [judgement.requirements[name] for name in judgement.tallies]
    code = exit_code(judgement, facts)
    data = {
        "schema": SCHEMA,
        "version": VERSION,
        "versions": versions(),
        "target": redact(facts.target),
        "profile": facts.settings.profile,
        "seed": facts.settings.seed,
        "fail_on": facts.settings.fail_on.value,
        "started": _time(facts.started),
        "finished": _time(facts.started + timedelta(seconds=facts.seconds)),
        "seconds": round(facts.seconds, 3),
        "partial": facts.partial,
        "exit_code": int(code),
        "verdict": redact(sentence(judgement, facts)),
        "counts": _counts(judgement),
        "exchanges": dict(facts.sources),
        "budget": _budget(facts),
        "latencies": {name: _latency(facts.latencies, name) for name in sorted(facts.latencies.buckets)},
        "notes": [redact.told(note, _COLLECTION) for note in (*facts.notes, *_on_deviations(judgement))],
        "deviations": [dict(_deviation(each, judgement, redact)) for each in judgement.deviations],
        "not_judged": [dict(_not_judged(requirement, judgement, redact)) for requirement in _unjudged(judgement)],
        "past": [_past_run(run) for run in past],
        "requirements": [_requirement(requirement, judgement, facts, redact, past) for requirement in asked_for],
    }
    # A text that somebody forgot is one too many.
    return {name: redact.cleaned(value) for name, value in data.items()}


def versions() -> dict[str, str]:
    """What judged, and by which edition: versions of the suite and the spec, digests of the spec and the page.

    The page has no version. The digests of what was read from it stand for it.
    """
    text = (spec.folder() / "mesh-export.yaml").read_bytes()
    return {
        "suite": spec.version(),
        "spec": f"{spec.version()}+{_digest(text)}",
        "page": _digest((spec.folder() / "page-digests.yaml").read_bytes()),
    }


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:_DIGEST]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def exit_code(judgement: Judgement, facts: Facts) -> ExitCode:
    """The code with which the command ends: a confirmed violation counts, whatever happened after it.

    A quota that was spent is a budget like any other: what was judged until then decides.
    """
    code = judgement.exit_code
    if facts.limited and not facts.failed:
        return code
    if (facts.partial or facts.failed) and code is not ExitCode.DOES_NOT_CONFORM:
        return ExitCode.SUITE_FAILED
    return code


def sentence(judgement: Judgement, facts: Facts) -> str:
    """The verdict in one sentence."""
    verdict = {
        ExitCode.CONFORMS: "Conforms as far as it came" if facts.limited else "Conforms",
        ExitCode.DOES_NOT_CONFORM: "Does not conform",
        ExitCode.NOTHING_JUDGED: "No verdict, there was too little to judge",
        ExitCode.SUITE_FAILED: "No verdict, the run did not come to a good end",
    }[exit_code(judgement, facts)]
    counts = _counts(judgement)
    sources = ", ".join(f"{count} {source}" for source, count in sorted(facts.sources.items()))
    return (
        f"{verdict}: of {sum(counts[outcome.value] for outcome in Outcome)} requirements {counts['holds']} hold, "
        f"{counts['violated']} violated ({counts['violated_must']} MUST, {counts['violated_should']} SHOULD), "
        f"{f'{counts[Outcome.DEVIATES.value]} deviate, ' if judgement.deviations else ''}"
        f"{counts['inconclusive']} inconclusive, {counts['unexercised']} unexercised; "
        f"{facts.exchanges} exchanges ({sources}) in {facts.seconds:.1f} s, seed {facts.settings.seed}."
    )


def _counts(judgement: Judgement) -> dict[str, int]:
    violated = judgement.with_outcome(Outcome.VIOLATED)
    return {
        **{outcome.value: len(judgement.with_outcome(outcome)) for outcome in Outcome},
        "violated_must": sum(requirement.level is ledger.Level.MUST for requirement in violated),
        "violated_should": sum(requirement.level is ledger.Level.SHOULD for requirement in violated),
        "unchecked": sum(bool(judgement.requirements[name].unchecked) for name in judgement.tallies),
    }


def _budget(facts: Facts) -> dict[str, Any]:
    budget = facts.budget
    return {
        "requests": {"used": budget.requests, "limit": budget.max_requests},
        "seconds": {"used": round(facts.seconds, 3), "limit": budget.max_seconds},
        "rate_limit_wait": {"used": round(budget.waited, 3), "limit": budget.max_wait},
        "rate": budget.rate,
    }


def _latency(latencies: Latencies, name: str) -> dict[str, Any]:
    return {
        "count": latencies.buckets[name].total(),
        **{key: _milliseconds(latencies.percentile(name, share)) for key, share in _PERCENTILES.items()},
        "max": _milliseconds(latencies.largest[name]),
        "histogram": [[bound, count] for bound, count in latencies.histogram(name)],
    }


def _milliseconds(time: float) -> float:
    return float(f"{time:.3g}")


def _unjudged(judgement: Judgement) -> list[Requirement]:
    return [
        judgement.requirements[name]
        for name in judgement.tallies
        if judgement.requirements[name].unchecked or judgement.outcome(name) not in JUDGED
    ]


def _not_judged(requirement: Requirement, judgement: Judgement, redact: Redactor) -> Iterable[tuple[str, str]]:
    tally = judgement.tallies[requirement.id]
    yield "id", requirement.id
    yield "reason", "unchecked" if requirement.unchecked else tally.outcome.value
    yield "why", redact.told(requirement.unchecked or tally.doubt or tally.why_unexercised, _COLLECTION)


def _past_run(run: Record) -> dict[str, Any]:
    every = sorted(fingerprint for fingerprints in run.findings.values() for fingerprint in fingerprints)
    return {"started": run.started, "exit_code": run.exit_code, "fingerprints": every}


def _recurrence(requirement: str, name: str, past: Sequence[Record]) -> dict[str, bool | None]:
    """What past runs say of a fault, as `compare` reads them; new is None where there is no past run."""
    came = fate(sightings(past, requirement, name))
    return {"new": came is Fate.NEW if past else None, "flaky": came is Fate.FLAKY}


def _requirement(
    requirement: Requirement, judgement: Judgement, facts: Facts, redact: Redactor, past: Sequence[Record]
) -> dict[str, Any]:
    tally = judgement.tallies[requirement.id]
    return {
        "id": requirement.id,
        "level": requirement.level.value,
        "section": requirement.section,
        "statement": requirement.statement,
        "source": requirement.source,
        "carried_by": list(requirement.carried_by),
        "unchecked": requirement.unchecked,
        "outcome": judgement.outcome(requirement.id).value,
        "held": tally.held,
        "broken": tally.broken,
        "seconds": round(tally.seconds, 3),
        "doubt": redact.told(tally.doubt, _COLLECTION),
        "lacking": tally.lacking,
        "past": [run.outcome(requirement.id) for run in past],
        "findings": [
            {
                **_finding(requirement, finding, facts, redact, past),
                "deviation": _covering(requirement, finding, judgement),
            }
            for finding in sorted(tally.findings, key=lambda each: judgement.accepted(requirement.id, each))
        ],
    }


def _covering(requirement: Requirement, finding: Finding, judgement: Judgement) -> dict[str, Any] | None:
    """The deviation that covers a fault, in force or expired."""
    deviation = judgement.deviation(requirement.id, finding)
    if deviation is None:
        return None
    return {
        "reason": deviation.reason,
        "owner": deviation.owner,
        "expires": deviation.expires.isoformat(),
        "link": deviation.link,
        "state": "in force" if deviation.in_force(judgement.today) else "expired",
    }


def _deviation(deviation: Deviation, judgement: Judgement, redact: Redactor) -> Iterable[tuple[str, Any]]:
    for name, value in asdict(deviation).items():
        yield name, redact(value) if isinstance(value, str) else value
    yield "expires", deviation.expires.isoformat()
    yield "state", _state(deviation, judgement)


def _state(deviation: Deviation, judgement: Judgement) -> str:
    """Whether an entry is in force, expired, stale because its fault is gone, or could not be held against anything."""
    name = deviation.requirement
    tally = judgement.tallies.get(name)
    if tally and any(deviation.covers(name, finding) for finding in tally.findings):
        return "in force" if deviation.in_force(judgement.today) else "expired"
    looked = tally is not None and judgement.outcome(name) in JUDGED
    return "stale" if looked and judgement.complete else "not judged"


def _on_deviations(judgement: Judgement) -> Iterable[str]:
    for each in judgement.deviations:
        state = _state(each, judgement)
        what = f"The deviation of {each.name} ({each.owner}, until {each.expires})"
        if state == "expired":
            yield f"{what} has expired: its violation counts again."
        elif state == "stale":
            yield f"{what} no longer matches anything: take it out of the file."
        tally = judgement.tallies.get(each.requirement)
        for finding in tally.findings if tally else ():
            unlike = each.unlike(finding) if each.covers(each.requirement, finding) else ""
            if unlike:
                yield f"{what} was written for `{each.message}` and covers `{unlike}` too: see whether it is one fault."


def _finding(
    requirement: Requirement, finding: Finding, facts: Facts, redact: Redactor, past: Sequence[Record]
) -> dict[str, Any]:
    exchange, cause = finding.exchange, finding.cause
    name = fingerprint(requirement.id, finding.check, cause)
    return {
        "fingerprint": name,
        **_recurrence(requirement.id, name, past),
        "operation": exchange.request.operation,
        "check": finding.check,
        "cause": _cause(cause),
        "exchanges": finding.count,
        "message": redact.told(finding.message, _COLLECTION),
        "source": exchange.source,
        "curl": curl(exchange.request, facts, redact),
        "replay": f"mesh-export-conformance replay report.json {name}",
        "request": _request(exchange.request, redact),
        "response": _response(exchange, redact),
        "symptoms": [_symptom(symptom, redact) for symptom in finding.symptoms],
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "method": cause.method,
        "path": cause.path,
        "parameters": list(cause.parameters),
        "headers": list(cause.headers),
        "credential": cause.credential,
        "status": cause.status,
    }


def _request(request: Request, redact: Redactor) -> dict[str, Any]:
    return {
        "method": request.method,
        "target": redact(request.target),
        "headers": [[name, redact(value)] for name, value in request.headers],
        "credential": request.credential.kind.value,
        "credential_name": request.credential.name,
        "body": None if request.body is None else redact(request.body.decode()),
    }


def _response(exchange: Exchange, redact: Redactor) -> dict[str, Any]:
    body = redact.told(exchange.text[:_READ_OF_BODY], _COLLECTION)
    return {
        "status": exchange.status,
        "failure": exchange.failure.value if exchange.failure else None,
        "headers": [[redact(name), redact.told(value, _COLLECTION)] for name, value in exchange.headers],
        "body": body[:_LONGEST_BODY],
        "cut": len(body) > _LONGEST_BODY or len(exchange.text) > _READ_OF_BODY,
        "bytes": len(exchange.body),
        "seconds": round(exchange.elapsed, 3),
    }


def _symptom(symptom: Symptom, redact: Redactor) -> dict[str, Any]:
    exchange = symptom.exchange
    return {
        "message": redact.told(symptom.message, _COLLECTION),
        "method": exchange.request.method,
        "target": redact(exchange.request.target),
        "status": exchange.status,
        "failure": exchange.failure.value if exchange.failure else None,
    }


def curl(request: Request, facts: Facts, redact: Redactor) -> str:
    """A line for a shell that sends a request again; the good credential is taken from the environment."""
    parts = ["curl", "-sS", "-i", "--path-as-is", "-g"]
    if request.method == "HEAD":
        parts.append("-I")
    elif request.method != "GET":
        parts += ["-X", request.method]
    quoted = [shlex.quote(part) for part in parts]
    headers = list(request.headers)
    if not request.header("accept"):
        headers.append(("Accept", spec.VENDOR_MEDIA_TYPE))
    if request.credential.kind is CredentialKind.GOOD:
        source = facts.settings.source
        quoted.append(f'-H "Authorization: {source.scheme} ${source.variable}"')
    elif request.credential.kind is CredentialKind.OTHER_USER:
        quoted.append(f'-H "Authorization: Bearer ${OTHER_VARIABLE}"')
    elif request.credential.value is not None:
        quoted.append(f'-H "Authorization: {_describe(request)}"')
    quoted += [f"-H {shlex.quote(f'{name}: {redact(value)}')}" for name, value in headers]
    if request.body is not None:
        quoted.append(f"--json {shlex.quote(redact(request.body.decode()))}")
    # A token in the URL is taken from the environment too, which takes other quotes.
    quoted.append(shlex.quote(redact(facts.target + request.target)).replace(PLACEHOLDER, f"'\"{PLACEHOLDER}\"'"))
    return " ".join(quoted)


def _describe(request: Request) -> str:
    """A credential that is made from the token is shown by what was done to it."""
    return f"<{request.credential.name or request.credential.kind.value} credential>"
