"""Reports as the tests of their forms take them: made from a judgement of exchanges that no server sent."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from suite import TOKEN

from conformance import ledger, options, report
from conformance.deviations import Deviation
from conformance.exchange import NO_CREDENTIAL, Exchange, Failure, Request
from conformance.history import Record, record
from conformance.latency import Latencies
from conformance.ledger import Level
from conformance.redaction import Redactor
from conformance.verdict import Finding, Judgement, Tally, tallies_for

HOSTILE = (
    '</script></style><script>window.pwned = 1</script><img src="https://evil.example/x" onerror="window.pwned = 1">'
    "]]>--> {{ 7 * 7 }} ``` \x1b[31m\x00\u202e::error title=pwned::%0A`\"' & \ud800"
)
URL = "http://server.example"


def exchange(number: int, status: int = 200, body: str = "{}", **request: Any) -> Exchange:
    headers = (("content-type", "application/json"), ("x-hostile", HOSTILE))
    encoded = body.encode("utf-8", "surrogatepass")
    return Exchange(number, Request(**request), "probe", status, headers, encoded, elapsed=0.003 * number)


def tallies() -> dict[str, Tally]:
    """Two thirds of the requirements hold, four are violated, one is inconclusive, the others were not seen."""
    every = tallies_for((), ledger.requirements())
    for number, (name, tally) in enumerate(every.items()):
        if not ledger.requirements()[name].unchecked and number % 3:
            tally.held, tally.seconds = number, number / 100
    every["retry-after-kept"].held = 0
    every["retry-after-kept"].doubt = f"the collection never stood still: {HOSTILE}"
    for name, finding in findings():
        every[name].add(finding)
    return every


def findings() -> list[tuple[str, Finding]]:
    hostile = exchange(1, body=f'{{"exports": "{HOSTILE}"', query="$top=2&%3Cscript%3E=1")
    crash = exchange(2, 500, "Traceback", query="$skip=x", headers=(("prefer", HOSTILE),))
    gone = exchange(3, 0, "", query="iModelId=1")
    gone.failure = Failure.CUT_SHORT
    open_door = exchange(4, credential=NO_CREDENTIAL)
    return [
        ("auth-required", Finding(open_door, "200 without Authorization", "refused")),
        ("top-limits", Finding(hostile, HOSTILE, "limit")),
        ("status-no-server-error", Finding(crash, f"500: {HOSTILE}", "server_error")),
        ("status-no-server-error", Finding(gone, "cut short", "server_error", reduced=False)),
        ("unknown-parameter-ignored", Finding(exchange(5, 422, query="nothing=1"), "422", "unknown")),
    ]


def sample(
    found: dict[str, Tally] | None = None,
    *,
    past: tuple[Record, ...] = (),
    deviations: tuple[Deviation, ...] = (),
    **facts: Any,
) -> dict[str, Any]:
    """The report of a run; by default one with everything that a server can do to its reader."""
    settings = options.settings({"mesh_export_url": URL, "mesh_export_seed": "7"}, {"MESH_EXPORT_TOKEN": TOKEN})
    latencies = Latencies()
    for _, finding in findings():
        latencies.add(finding.exchange)
    given = tallies() if found is None else found
    judgement = Judgement(given, ledger.requirements(), True, Level.MUST, deviations, date(2026, 7, 1))
    about = report.Facts(
        settings,
        URL,
        Counter(probe=5),
        1.5,
        datetime(2026, 7, 1, 3, 17, tzinfo=UTC),
        report.Budget(requests=5, waited=0.5, rate=10.0, max_requests=1500, max_wait=60.0),
        latencies,
        (f"A note: {HOSTILE}",),
        **facts,
    )
    redactor = Redactor()
    redactor.add(TOKEN)
    return report.document(judgement, about, redactor, past)


def conforming(**facts: Any) -> dict[str, Any]:
    """The report of a server that keeps every promise."""
    every = tallies_for((), ledger.requirements())
    for tally in every.values():
        tally.held = 1
    return sample(every, **facts)


def past(*reports: dict[str, Any]) -> tuple[Record, ...]:
    """Reports as past runs, a day apart."""
    runs = [{**each, "started": f"2026-06-{day:02d}T03:17:00.000Z"} for day, each in enumerate(reports, 1)]
    return tuple(record(run) for run in runs)
