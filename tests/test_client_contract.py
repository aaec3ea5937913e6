"""The package, installed from its wheel into an empty environment, agrees with what comes over the wire."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conformance.mock import READINGS, Settings, serve
from scripts import contract

TOKEN = "token-of-the-contract"


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the package, made once for all test processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    known = shared / "contract-python"
    with (shared / "contract-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            known.write_text(str(contract.installed(tmp_path_factory.mktemp("contract"))), encoding="utf-8")
    return Path(known.read_text(encoding="utf-8"))


def test_the_environment_has_the_package_and_what_it_needs_and_nothing_of_ours(python: Path) -> None:
    program = (
        "import importlib.metadata as m, mesh_export_client as c;"
        "print(c.__version__ == m.version('mesh-export-client'), c.__file__);"
        "print(*sorted(d.name.lower() for d in m.distributions()))"
    )
    finished = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=True)
    first, names = finished.stdout.splitlines()
    assert first.startswith("True ")
    assert "site-packages" in first
    needed = {"mesh-export-client", "anyio", "httpcore2", "httpx2", "msgspec", "tenacity", "h11", "idna"}
    assert needed <= set(names.split())
    assert not {"httpx", "attrs", "pydantic", "pyyaml", "mesh-export-conformance"} & set(names.split())


@pytest.mark.parametrize("reading", READINGS)
def test_the_package_agrees_with_the_wire(python: Path, reading: str) -> None:
    with serve(Settings(token=TOKEN, seed=3, reading=READINGS[reading])) as url:
        finished = contract.run(python, url, TOKEN)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    found = re.search(r"(\d+) items compared, 0 calls differ", finished.stdout)
    assert found
    assert int(found[1]) > 0 or reading == "empty"
    assert TOKEN not in finished.stdout + finished.stderr


def test_the_oldest_versions_that_it_admits_will_do(tmp_path: Path) -> None:
    oldest = contract.installed(tmp_path, "lowest-direct")
    project = tomllib.loads((contract.ROOT / "generated" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [dependency.split(">=") for dependency in project["dependencies"]]
    program = f"import importlib.metadata as m; print(*(m.version(name) for name, _ in {bounds}))"
    said = subprocess.run([oldest, "-I", "-c", program], capture_output=True, text=True, check=True)
    versions = zip(said.stdout.split(), bounds, strict=True)
    # What one bound asks of another's package may be newer than its own bound.
    assert sum(version.startswith(bound) for version, (_, bound) in versions) >= len(bounds) - 1
    with serve(Settings(token=TOKEN, seed=3)) as url:
        finished = contract.run(oldest, url, TOKEN)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_a_difference_is_found(python: Path) -> None:
    """The comparison can fail: a program whose package gives another name than was sent."""
    program = contract.PROGRAM.read_text(encoding="utf-8")
    broken = program.replace("listed = way(call, record)", "listed = way(call, record)[1:]")
    assert broken != program
    with serve(Settings(token=TOKEN, seed=3)) as url:
        environment = {"MESH_EXPORT_BASE_URL": url, "MESH_EXPORT_TOKEN": TOKEN}
        finished = subprocess.run(
            [python, "-I", "-c", broken], env=environment, capture_output=True, text=True, check=False
        )
    assert finished.returncode == 1
    assert "differs walked()" in finished.stdout


def test_a_server_without_a_token_is_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MESH_EXPORT_TOKEN", raising=False)
    assert contract.main(["--url", "http://127.0.0.1:9"]) == 2
    assert "MESH_EXPORT_TOKEN" in capsys.readouterr().err


def test_the_readmes_way_to_install_works(tmp_path: Path) -> None:
    readme = (contract.ROOT / "generated" / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ python (.*)$", readme, re.MULTILINE)
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    shutil.copytree(contract.ROOT / "generated", tmp_path / "generated", ignore=shutil.ignore_patterns("__pycache__"))
    python = environment / "bin" / "python"
    subprocess.run([python, *command.split()], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([python, "-I", "-c", "import mesh_export_client"], check=True)
