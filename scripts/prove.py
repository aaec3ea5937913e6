"""Judge every fault and every reading of the mock by the whole quick profile, and write what came of it as a table.

Readings are the named ones over several seeds, and compositions of all freedoms at random. Exit codes: 0 every reading
was silent, 1 one was not. Faults that go unseen are listed, and do not fail: the table
says how many. Single requirements are the business of the tests.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import pytest
from attrs import evolve, field, frozen

from conformance import ledger
from conformance.mock import FAULTS, READINGS, SCRATCH_IMODEL, Settings, serve
from conformance.mock.compositions import compositions
from conformance.mock.faults import THEMES
from conformance.mock.reading import Reading
from conformance.verdict import ExitCode

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "token-of-the-mock-0123456789"  # noqa: S105  the mock's own
OTHER = "token-of-another-user-0123456789"
_MAX_TASKS = 25


@frozen
class Trial:
    """One run on one server: a fault, or a reading.

    Attributes:
        title: What the server is.
        seed: Seed of the server's data and of the run.
        fault: The fault; None for a reading.
        reading: How the server reads the page.
        options: Further options of the suite, such as another profile.
    """

    title: str
    seed: int = 1
    fault: str | None = None
    reading: Reading = field(factory=Reading)
    options: tuple[str, ...] = ()


@frozen
class Result:
    """What the suite said of a trial."""

    trial: Trial
    code: int
    violated: tuple[str, ...]
    requests: int
    seconds: float


def try_out(trial: Trial) -> Result:
    """Run the suite in this process, the quick profile where the options name no other."""
    os.environ |= {"MESH_EXPORT_TOKEN": TOKEN, "MESH_EXPORT_OTHER_TOKEN": OTHER}
    settings = Settings(token=TOKEN, other_token=OTHER, fault=trial.fault, reading=trial.reading, seed=trial.seed)
    with tempfile.TemporaryDirectory() as folder, serve(settings) as url, contextlib.redirect_stdout(io.StringIO()):
        options = ["--url", url, "--seed", str(trial.seed), "--fail-on", "should", "--report-dir", folder]
        options += trial.options
        if trial.fault and FAULTS[trial.fault].needs.get("operations") == "all":
            options += ["--allow-writes", "--scratch-imodel", SCRATCH_IMODEL]
        code = int(pytest.main([str(ROOT / "conformance"), *options]))
        report = json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))
    violated = tuple(entry["id"] for entry in report["requirements"] if entry["outcome"] == "violated")
    return Result(trial, code, violated, sum(report["exchanges"].values()), report["seconds"])


def run(trials: Iterable[Trial], workers: int) -> Iterator[Result]:
    """Try out each on its own server, over processes."""
    with get_context("spawn").Pool(workers, maxtasksperchild=_MAX_TASKS) as pool:
        for result in pool.imap_unordered(try_out, trials):
            print(f"{result.trial.title}: {', '.join(result.violated) or 'silent'}", flush=True)
            yield result
        # Left to itself the pool would interrupt its processes, which the suite heeds, and says so.
        pool.close()
        pool.join()


def faults_table(title: str, results: list[Result], group_of: Callable[[Result], str]) -> list[str]:
    """Detection by groups: how many were seen at all, by the name of the requirement, and with no other named beside.

    The requirements that a fault lists as broken too may stand beside the first.
    """
    lines = [f"| {title} | Faults | Seen | Named | Nothing else |", "|---|--:|--:|--:|--:|"]
    for name in dict.fromkeys(sorted(group_of(result) for result in results)):
        group = [result for result in results if group_of(result) == name]
        seen = sum(bool(result.violated) for result in group)
        named = sum(_first(result) in result.violated for result in group)
        alone = sum(not _beside(result) for result in group)
        shares = " | ".join(f"{part} ({part / len(group):.1%})" for part in (seen, named, alone))
        lines.append(f"| {name} | {len(group)} | {shares} |")
    return lines


def _first(result: Result) -> str:
    return FAULTS[str(result.trial.fault)].requirements[0]


def _beside(result: Result) -> list[str]:
    """What was named that the fault does not break."""
    return [name for name in result.violated if name not in FAULTS[str(result.trial.fault)].requirements]


def _is_loud(result: Result) -> bool:
    """Whether a run on a server that conforms came to anything but that, or to too little to judge."""
    return bool(result.violated) or result.code not in (ExitCode.CONFORMS, ExitCode.NOTHING_JUDGED)


def _level(result: Result) -> str:
    return ledger.requirements()[_first(result)].level.value


def _theme(result: Result) -> str:
    return THEMES[str(result.trial.fault)].replace("_", " ")


def table(faults: list[Result], readings: list[Result]) -> str:
    """The whole table, as Markdown."""
    lines = ["# What the suite finds", "", "Made by `make prove`.", ""]
    if faults:
        lines += [*faults_table("Level", faults, _level), "", *faults_table("Theme", faults, _theme), ""]
        unseen = [result.trial.title for result in faults if not result.violated]
        lines += [f"Unseen: {', '.join(unseen) or 'none'}.", ""]
        otherwise = [r for r in faults if r.violated and _first(r) not in r.violated]
        lines += ["Seen under another name:", ""]
        lines += [f"- {r.trial.title}: {_first(r)} is broken, {', '.join(r.violated)} named" for r in otherwise]
        lines += ["", "Named beside what is broken:", ""]
        lines += [f"- {r.trial.title}: {', '.join(_beside(r))}" for r in faults if _beside(r)]
        lines += [
            "",
            f"Requests: median {median(r.requests for r in faults):.0f}, most {max(r.requests for r in faults)}.",
        ]
        lines += [
            f"Seconds: median {median(r.seconds for r in faults):.1f}, most {max(r.seconds for r in faults):.1f}.",
            "",
        ]
    loud = [result for result in readings if _is_loud(result)]
    lines += [f"Readings: {len(readings) - len(loud)} of {len(readings)} runs were silent."]
    lines += [f"- {result.trial.title}: {', '.join(result.violated) or f'exit code {result.code}'}" for result in loud]
    return "\n".join(lines) + "\n"


def named_readings(seeds: int) -> list[Trial]:
    """Every named reading, with each seed."""
    return [
        Trial(f"{name}, seed {seed}", seed, reading=reading)
        for name, reading in READINGS.items()
        for seed in range(1, seeds + 1)
    ]


def composed_readings(count: int, seed: int) -> list[Trial]:
    """Readings that choose each freedom by chance."""
    drawn = compositions(count, seed=seed) if count else []
    return [
        Trial(f"composition {number} of seed {seed}", seed + number - 1, reading=reading)
        for number, reading in enumerate(drawn, 1)
    ]


def main() -> int:
    """Try out what was asked for, and write the table."""
    parser = argparse.ArgumentParser(description="Judge every fault and reading of the mock by the quick profile.")
    parser.add_argument("--every", type=int, default=1, help="take every n-th fault only; 0 for none")
    parser.add_argument("--seeds", type=int, default=3, help="seeds for each reading")
    parser.add_argument("--compositions", type=int, default=200, help="readings composed at random")
    parser.add_argument("--seed", type=int, default=1, help="seed of the faults' runs and of what is composed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", type=Path, default=ROOT / "reports" / "prove.md")
    parser.add_argument("options", nargs="*", metavar="OPTION", help="options of the suite, after --")
    chosen = parser.parse_args()
    faults = [Trial(name, chosen.seed, name) for name in list(FAULTS)[:: chosen.every]] if chosen.every else []
    readings = [*named_readings(chosen.seeds), *composed_readings(chosen.compositions, chosen.seed)]
    trials = [evolve(trial, options=tuple(chosen.options)) for trial in (*readings, *faults)]
    results = list(run(trials, chosen.workers))
    text = table([r for r in results if r.trial.fault], [r for r in results if not r.trial.fault])
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(text, encoding="utf-8")
    print(text)
    return int(any(_is_loud(result) for result in results if not result.trial.fault))


if __name__ == "__main__":
    sys.exit(main())
