"""A finding is sent again from its report alone: it still fails on the broken server, and no more on a mended one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from suite import TOKEN, judge

from conformance.command import main
from conformance.mock import READINGS, Settings, serve
from conformance.replay import ReplayError, find, request_of

FAULTS = [
    ("auth-optional", "auth-required", "test_nothing_is_answered"),
    ("token-suffix-accepted", "auth-near-miss", "test_what_is_nearly_the_token"),
    ("empty-bearer-accepted", "auth-malformed", "test_a_malformed_authorization"),
    ("any-jwt-accepted", "auth-wrong-token", "test_a_token_that_was_never_given"),
    ("top-1001-accepted", "top-maximum", "test_an_invalid_value"),
    ("prefer-quotes-unknown", "prefer-syntax", "test_a_preference_is_found"),
    ("prefer-not-ascii-crashes", "status-no-server-error", "test_unknown_and_odd_preferences"),
    ("root-loses-port", "root-prefix", "test_links_begin_with_the_prefix"),
    ("next-skips-one", "links-next-page", "test_links_begin_with_the_prefix"),
    ("skip-plus-one", "skip-leaves-out", "test_skip_leaves_the_beginning_out"),
    ("asc-by-day", "orderby-asc", "test_order_sorts"),
    ("delete-succeeds", "method-refused", "test_methods"),
    ("cache-ignores-prefer", "answers-independent", "test_prefer_chooses or test_the_same_request"),
]


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESH_EXPORT_TOKEN", TOKEN)


def replayed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    try:
        code = main(["replay", *arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.mark.parametrize(("fault", "requirement", "probe"), FAULTS, ids=[fault for fault, _, _ in FAULTS])
def test_a_finding_still_fails_until_it_is_mended(
    fault: str, requirement: str, probe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = ("--seed", "1", "--probe-rate-limit", "-k", probe)
    with serve(Settings(token=TOKEN, fault=fault)) as url:
        judge(url, *narrow, "--requirement", requirement, "--report-dir", str(tmp_path))
        finding = find(tmp_path, requirement)
        options = () if finding.shows_alone else ("-k", probe)
        code, said = replayed(capsys, str(tmp_path), finding.finding["fingerprint"], *options)
        assert (code, said.split(" (")[0]) == (1, "Still fails"), said
    with serve(Settings(token=TOKEN)) as url:
        code, said = replayed(capsys, str(tmp_path), requirement, "--url", url, *options)
        assert (code, said.split(" (")[0]) == (0, "Does not fail any more"), said
    assert TOKEN not in said


def report(folder: Path, **request: Any) -> Path:
    """A report with one finding, made on a real server."""
    with serve(Settings(token=TOKEN, fault="top-1001-accepted")) as url:
        options = ("--requirement", "top-maximum", "-k", "test_an_invalid_value", "--report-dir", str(folder))
        judge(url, "--seed", "1", *options)
    path = folder / "report.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["requirements"][0]["findings"][0]["request"] |= request
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_server_that_cannot_show_it_gets_no_all_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    narrow = ("-k", "test_a_filter_selects")
    with serve(Settings(token=TOKEN, fault="imodelid-ignored")) as url:
        judge(url, "--seed", "1", *narrow, "--requirement", "imodelid-only", "--report-dir", str(tmp_path))
    with serve(Settings(token=TOKEN, reading=READINGS["empty"])) as url:
        code, said = replayed(capsys, str(tmp_path), "imodelid-only", "--url", url)
    assert code == 4, said
    assert said.startswith("Cannot be told (")
    assert "no exchange showed whether imodelid-only is kept" in said


def test_no_answer_gets_one_sentence_and_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = replayed(capsys, str(report(tmp_path)), "top-maximum")
    assert code == 3
    assert said.startswith("No answer from http://127.0.0.1:")
    assert len(said.splitlines()) == 1


def test_wrong_use_gets_one_sentence_and_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(report(tmp_path))
    for arguments, says in (
        ((path, "top-maxmum"), "There is no finding 'top-maxmum'"),
        ((path, "whatever"), f"There is no finding 'whatever' in {path}: it has top-maximum ("),
        ((path, "top-maximum", "--no-such-option"), "There is no option --no-such-option"),
        ((str(tmp_path / "none"), "top-maximum"), "cannot be read"),
        ((path,), "The following arguments are required: FINDING."),
    ):
        code, said = replayed(capsys, *arguments)
        assert code == 2, said
        assert says in said
        assert len(said.splitlines()) == 1


def test_what_is_not_safe_elsewhere_is_not_sent_again_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(Settings(token=TOKEN, fault="delete-succeeds")) as url:
        judge(url, "--seed", "1", "-k", "test_methods", "--report-dir", str(tmp_path))
        # An address of this machine that is not written as one.
        elsewhere = url.replace("127.0.0.1", "127.1")
        code, said = replayed(capsys, str(tmp_path), "method-refused", "--url", elsewhere)
        assert (code, said) == (2, f"The rules of safety forbid this DELETE to {elsewhere}.\n")
        code, said = replayed(capsys, str(tmp_path), "method-refused", "--url", elsewhere, "--probe-methods")
        assert code == 1, said


def test_a_credential_of_unknown_making_cannot_be_sent_again(tmp_path: Path) -> None:
    path = report(tmp_path, credential="near-miss", credential_name="a riddle")
    with pytest.raises(ReplayError, match="does not tell how its near-miss credential was made"):
        request_of(find(path, "top-maximum").finding, TOKEN)


def test_the_token_stands_where_the_report_has_a_placeholder(tmp_path: Path) -> None:
    path = report(tmp_path, target="/mesh-export/?x=$MESH_EXPORT_TOKEN", headers=[["a", "b $MESH_EXPORT_TOKEN"]])
    request = request_of(find(path, "top-maximum").finding, TOKEN)
    assert request.query == f"x={TOKEN}"
    assert request.headers == (("a", f"b {TOKEN}"),)
