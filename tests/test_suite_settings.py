"""Options come from the command line, the environment and a file, in this order, and what is wrong there is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from suite import command

from conformance import options
from conformance.options import OPTIONS, OptionError
from conformance.settings_file import PREFIX, given, variable

ENVIRONMENT = {f"{PREFIX}SEED": "2", f"{PREFIX}PROFILE": "", "PATH": "/bin"}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(
    text: str, command_line: dict[str, Any] | None = None, environment: dict[str, str] | None = None
) -> options.Settings:
    Path("mesh-export-conformance.toml").write_text(text, encoding="utf-8")
    return options.settings(given(command_line or {}, environment or {}).values, {})


def test_the_command_line_outranks_the_environment_and_that_the_file() -> None:
    file = 'seed = 3\nprofile = "full"\nrate = 2.5\nprobe-methods = true\nrequirement = ["top-maximum"]\n'
    settings = read(file, {"mesh_export_seed": "1"}, ENVIRONMENT)
    assert (settings.seed, settings.profile, settings.limits.rate) == (1, "full", 2.5)
    assert read(file, None, ENVIRONMENT).seed == 2
    settings = read(file)
    assert settings.seed == 3
    assert settings.limits.probe_methods
    assert settings.requirements == ("top-maximum",)


def test_the_environment_turns_a_switch_off_and_gives_several_values() -> None:
    environment = {f"{PREFIX}PROBE_METHODS": "0", f"{PREFIX}REQUIREMENT": "top-maximum, top-limits list-unique"}
    settings = read("probe-methods = true", None, environment)
    assert not settings.limits.probe_methods
    assert settings.requirements == ("top-maximum", "top-limits", "list-unique")


def test_a_full_run_has_as_many_turns_as_its_budget_has_requests_for() -> None:
    assert read("").turns == 1
    few, many = (read(f'profile = "full"\nmax-requests = {number}\n').turns for number in (20_000, 60_000))
    assert many == 3 * few


def test_a_project_file_has_the_options_in_a_table(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text("[project]\nname = 'x'\n[tool.mesh-export-conformance]\nseed = 5\n", encoding="utf-8")
    assert options.settings(given({}, {}).values, {}).seed == 5
    assert options.settings(given({"mesh_export_config": str(project)}, {}).values, {}).seed == 5
    assert read("seed = 6").seed == 6


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.settable], ids=lambda each: each.flag)
def test_every_option_can_be_set_everywhere(option: options.Option) -> None:
    value: Any = True if option.metavar is None else 7 if option.metavar == "N" else "x"
    key = option.flag.removeprefix("--")
    text = f'["{value}"]' if option.repeatable else f'"{value}"' if value == "x" else str(value).lower()
    Path("mesh-export-conformance.toml").write_text(f"{key} = {text}", encoding="utf-8")
    environment = {variable(option): "1" if value is True else str(value)}
    assert given({}, {}).values == given({}, environment).values == {option.dest: ["x"] if option.repeatable else
                                                                     True if value is True else str(value)}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        ("max-request = 5", {}, "max-request in mesh-export-conformance.toml is no option: did you mean max-requests"),
        ("list-requirements = true", {}, "is no option"),
        ('token = "abc"', {}, "token in mesh-export-conformance.toml would be a secret in a file"),
        ('seed = "1"', {}, "seed in mesh-export-conformance.toml must be a number."),
        ("seed = true", {}, "must be a number."),
        ("url = 1", {}, "must be a string."),
        ("probe-methods = 1", {}, "must be true or false."),
        ('requirement = "top-maximum"', {}, "must be a list of strings."),
        ("seed = ", {}, "mesh-export-conformance.toml are not TOML"),
        ("", {f"{PREFIX}SEAD": "1"}, f"{PREFIX}SEAD is no option: did you mean {PREFIX}SEED"),
        ("", {f"{PREFIX}PROBE_METHODS": "maybe"}, "set it to 1 or 0."),
        ("", {f"{PREFIX}CONFIG": "x.toml"}, "is no option"),
    ],
)
def test_what_is_wrong_is_named(text: str, environment: dict[str, str], says: str) -> None:
    with pytest.raises(OptionError) as error:
        read(text, None, environment)
    assert says in str(error.value)
    assert "abc" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "arguments", "environment", "says"),
    [
        ("seed = -1", (), {}, "seed in mesh-export-conformance.toml '-1' is not a whole number from 0."),
        ("", (), {f"{PREFIX}RATE": "x"}, f"{PREFIX}RATE 'x' is not a number from 0.001."),
        ("", ("--config", "none.toml"), {}, "The settings none.toml cannot be read: No such file or directory."),
        ("", ("--config",), {}, "--config needs a value."),
        ("sead = 1", (), {}, "sead in mesh-export-conformance.toml is no option: did you mean seed?"),
    ],
)
def test_the_command_says_where_a_wrong_value_came_from(
    text: str, arguments: tuple[str, ...], environment: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mesh-export-conformance.toml").write_text(text, encoding="utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = command(*arguments)
    assert said.code == 2
    assert said.output.strip() == says
