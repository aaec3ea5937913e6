"""Our suite and plain schemathesis on the same servers: what each finds, what each holds against a conforming one.

Faults and readings of the mock, each judged by our quick profile, by schemathesis with all its checks, and by the best
configuration of schemathesis that we found: without the two checks of data, which the page's freedoms make ring, and
with 422 as the one status for data that are refused. Writes a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from attrs import frozen

from conformance import spec
from conformance.mock import FAULTS, READINGS, Settings, serve
from scripts.prove import ROOT, TOKEN, Trial, try_out

_SCHEMATHESIS = Path(sysconfig.get_path("scripts")) / "schemathesis"
_BEST = "negative_data_rejection,positive_data_acceptance,unsupported_method"


@frozen
class Judged:
    """What a tool said of a server."""

    failed: bool
    requests: int
    seconds: float


def ours(trial: Trial) -> Judged:
    """Our quick profile."""
    result = try_out(trial)
    return Judged(bool(result.violated), result.requests, result.seconds)


def _list_alone(folder: Path) -> Path:
    """The spec with nothing but the list operation: the mock has no other here, and schemathesis would miss them."""
    operation = spec.operations()[spec.LIST]
    document = {**spec.document(), "paths": {operation.path: {operation.method.lower(): operation.definition}}}
    path = folder / "list.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def schemathesis(*options: str) -> Callable[[Trial], Judged]:
    """Schemathesis from its command line."""

    def judge(trial: Trial) -> Judged:
        settings = Settings(token=TOKEN, fault=trial.fault, reading=trial.reading, seed=trial.seed)
        with serve(settings) as url, tempfile.TemporaryDirectory() as folder:
            command = [
                str(_SCHEMATHESIS),
                "run",
                str(_list_alone(Path(folder))),
                "--url",
                url,
                "--seed",
                "1",
            ]
            command += ["--header", f"Authorization: Bearer {TOKEN}", *options]
            began = time.monotonic()
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            seconds = time.monotonic() - began
        cases = re.search(r"(\d+) generated", done.stdout)
        return Judged(done.returncode == 1, int(cases[1]) if cases else 0, seconds)

    return judge


TOOLS: dict[str, Callable[[Trial], Judged]] = {
    "ours, `--profile quick`": ours,
    "schemathesis, all checks": schemathesis("--checks", "all"),
    "schemathesis, best configuration": schemathesis(
        "--checks", "all", "--exclude-checks", _BEST, "--max-examples", "300"
    ),
}


def main() -> int:
    """Judge a spread of faults and every reading by each tool, and write the table."""
    parser = argparse.ArgumentParser(description="Our suite and schemathesis on the same servers.")
    parser.add_argument("--every", type=int, default=20, help="take every n-th fault only")
    parser.add_argument("--output", type=Path, default=ROOT / "reports" / "compare.md")
    chosen = parser.parse_args()
    faults = [Trial(name, fault=name) for name in list(FAULTS)[:: chosen.every]]
    readings = [
        Trial(name, reading=reading) for name, reading in READINGS.items() if name not in ("rate-limited", "moving")
    ]
    lines = [
        f"{len(faults)} faults and {len(readings)} conforming readings, one run each.",
        "",
        "| Tool | Faults found | False alarms | Requests, median | Seconds, median |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, judge in TOOLS.items():
        found, alarms = [judge(trial) for trial in faults], [judge(trial) for trial in readings]
        every = [*found, *alarms]
        lines.append(
            f"| {name} | {sum(one.failed for one in found)} | {sum(one.failed for one in alarms)} "
            f"| {median(one.requests for one in every):.0f} | {median(one.seconds for one in every):.1f} |"
        )
        print(lines[-1], flush=True)
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
