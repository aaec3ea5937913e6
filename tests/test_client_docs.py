"""What the client's README shows works, and its reference says what an editor shows."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conformance.mock import SCRATCH_IMODEL, Reading, Settings, serve
from scripts.generate import OUTPUT, ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "token-of-the-documentation"
README = (OUTPUT / "README.md").read_text(encoding="utf-8")
SNIPPETS = [
    (section.partition("\n")[0], snippet)
    for section in README.split("\n## ")
    for snippet in re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
]
EXPECTED = {
    "Five lines": "tileset.json?",
    "Credentials": "",
    "Pages": "50\n[UUID(",
    "One export": "True ExportNotFound",
    "A new export": "tileset.json?",
    "Errors": "InvalidMeshExportRequest ('$top',) ['$top must be lower or equal to 1000.']",
    "Retries and time": "0",
    "Async": "\n",
    "More": "tileset.json?",
}


def test_every_snippet_is_known() -> None:
    assert [title for title, _ in SNIPPETS] == list(EXPECTED)
    assert README.count("```python") == len(SNIPPETS)


@pytest.mark.parametrize(("title", "snippet"), SNIPPETS, ids=[title for title, _ in SNIPPETS])
def test_a_snippet_of_the_readme_runs(
    title: str, snippet: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading = Reading(operations="all", stage_seconds=0.05)
    with serve(Settings(token=TOKEN, seed=5, reading=reading)) as url:
        monkeypatch.setenv("MESH_EXPORT_BASE_URL", url)
        monkeypatch.setenv("MESH_EXPORT_TOKEN", TOKEN)
        code = snippet.replace("…", TOKEN)
        if title == "A new export":
            code = code.replace("b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc", SCRATCH_IMODEL)
        if title == "Five lines":
            code = code.replace('imodel_id="b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc", ', "")  # the mock has others
        exec(compile(code, title, "exec"), {"__name__": "snippet"})  # noqa: S102 - our own text
    assert EXPECTED[title] in capsys.readouterr().out


def test_the_reference_says_what_each_parameter_is(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pdoc",
        "--docformat",
        "google",
        "--output-directory",
        str(tmp_path),
        "mesh_export_client",
    ]
    environment = {"PYTHONPATH": "generated", "PATH": ""}
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "Warn" not in finished.stderr
    pages = "".join(page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html"))
    text = " ".join(re.sub(r"<[^>]*>", " ", pages).split())
    for word in (
        "MeshExportClient",
        "AsyncMeshExportClient",
        "1000 at most",
        "RateLimitError",
        "wait_until_complete",
        "itwin_js",
    ):
        assert word in text
