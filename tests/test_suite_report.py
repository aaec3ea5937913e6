"""The report of a run: valid by its schema whatever the server does, and a fault has one name night after night."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from suite import ROOT, TOKEN, Said, judge, wait_until

from conformance import report
from conformance.mock import READINGS, Settings, serve
from conformance.report import InvalidReportError

NARROW = ("-k", "credentials or limits or parameters")


def judged(fault: str | None = None, *options: str, **settings: Any) -> Said:
    with serve(Settings(token=TOKEN, fault=fault, **settings)) as url:
        return judge(url, *options)


def fingerprints(said: Said) -> dict[str, list[str]]:
    return {
        entry["id"]: [finding["fingerprint"] for finding in entry["findings"]]
        for entry in said.report["requirements"]
        if entry["findings"]
    }


def test_the_report_of_a_conforming_server_is_valid_and_says_what_was_judged() -> None:
    said = judged(None, "--seed", "1", *NARROW)
    report.validate(said.report)
    assert said.report["exit_code"] == said.code
    assert said.report["partial"] is False
    assert said.report["budget"]["requests"]["used"] == sum(said.report["exchanges"].values())
    assert sum(each["count"] for each in said.report["latencies"].values()) == sum(said.report["exchanges"].values())
    reasons = {entry["id"]: entry["reason"] for entry in said.report["not_judged"]}
    assert reasons["auth-scope"] == "unchecked"
    assert {entry["id"] for entry in said.report["requirements"]} >= set(reasons)
    unjudged = {entry["id"] for entry in said.report["requirements"] if entry["outcome"] in ("unexercised",)}
    assert unjudged == set(reasons)
    held = next(entry for entry in said.report["requirements"] if entry["id"] == "auth-required")
    assert held["held"] > 0
    assert held["seconds"] > 0


def test_the_report_of_a_broken_server_is_valid_and_has_what_a_replay_needs() -> None:
    said = judged("auth-optional", "--seed", "1", *NARROW)
    report.validate(said.report)
    finding = next(entry for entry in said.report["requirements"] if entry["id"] == "auth-required")["findings"][0]
    request = {"method": "GET", "target": "/mesh-export/", "headers": [], "credential": "none"}
    assert finding["request"] == {**request, "credential_name": "", "body": None}
    assert finding["response"]["status"] == 200
    assert finding["replay"].endswith(finding["fingerprint"])
    assert finding["exchanges"] > 1
    assert finding["symptoms"]


def test_the_report_of_an_empty_collection_is_valid() -> None:
    said = judged(None, "--seed", "1", *NARROW, reading=READINGS["empty"])
    report.validate(said.report)
    assert said.report["exit_code"] == said.code == 4


def test_the_report_of_a_rate_limited_server_is_valid_and_has_the_waiting() -> None:
    said = judged(None, "--seed", "1", "-k", "test_credentials", "--max-requests", "30", rate=3)
    report.validate(said.report)
    assert said.report["latencies"]["4xx"]["count"] > 0
    assert said.report["budget"]["rate_limit_wait"]["used"] > 0


def test_the_report_of_an_interrupted_run_is_valid_and_partial(tmp_path: Path) -> None:
    environment = {**os.environ, "MESH_EXPORT_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"}
    with serve(Settings(token=TOKEN)) as url:
        call = [str(Path(sys.executable).with_name("pytest")), "conformance", "--url", url, "--rate", "20"]
        run = subprocess.Popen(
            [*call, "-k", "selections", "--report-dir", str(tmp_path)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        wait_until((tmp_path / "report.json").exists, run)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
    written = report.read(tmp_path)
    assert written["partial"] is True
    assert written["exit_code"] == run.returncode == 5
    assert written["verdict"].startswith("No verdict")


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("imodelid-ignored-with-order", "imodelid-only"),
        ("skip-ignored", "skip-leaves-out"),
        ("top-ignored", "top-limits"),
        ("auth-optional", "auth-required"),
    ],
)
def test_a_fault_has_the_same_fingerprint_with_another_seed_and_other_data(fault: str, requirement: str) -> None:
    options = ("--requirement", requirement, "-k", "selections or credentials")
    one = judged(fault, "--seed", "1", *options)
    other = judged(fault, "--seed", "2", *options, seed=3)
    assert fingerprints(one)[requirement][0] == fingerprints(other)[requirement][0]


def test_the_folder_has_every_form_and_each_can_be_made_again_from_the_json(tmp_path: Path) -> None:
    with serve(Settings(token=TOKEN, fault="auth-optional")) as url:
        judge(url, "--seed", "1", *NARROW, "--report-dir", str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.html", "junit.xml", "summary.md"}
    report.write(tmp_path / "again", report.read(tmp_path))
    for name in ("report.json", "report.html", "junit.xml", "summary.md"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_what_is_no_report_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for text, says in [
        ("{", "no JSON"),
        ("[]", "not a report"),
        (json.dumps({"version": 99}), "version 99"),
        (json.dumps({"schema": report.SCHEMA, "version": report.VERSION}), "not a report"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidReportError, match=says):
            report.read(tmp_path)
    with pytest.raises(InvalidReportError, match="cannot be read"):
        report.read(tmp_path / "nothing.json")
