"""Where the values of options come from beside the command line: the environment, and a team's TOML file.

The command line outranks the environment, the environment the file. What the values mean is read in `options`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from conformance.options import MISSING, OPTIONS, Option, OptionError
from conformance.wording import nearest

PREFIX: Final = "MESH_EXPORT_CONFORMANCE_"
"""What the environment variable of an option begins with."""
FILE: Final = "mesh-export-conformance.toml"
"""The file that is read from the working folder, where it is there."""
_PROJECT_FILE: Final = "pyproject.toml"
_TABLE: Final = "mesh-export-conformance"
_SECRET_WORDS: Final = ("token", "secret", "password", "authorization", "credential", "share-key")
_SWITCH: Final = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}
_SETTABLE: Final = {option.flag.removeprefix("--"): option for option in OPTIONS if option.settable}


@frozen
class Given:
    """What was given, wherever it came from.

    Attributes:
        values: The values by the names of the options' `dest`, as the command line would have them.
        origins: How whoever gave a value knows it, by flag; the command line's own are not among them.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]

    def blame(self, error: OptionError) -> str:
        """The sentence on a wrong value, with the place that it came from in the place of the flag."""
        sentence = str(error)
        flag = sentence.partition(" ")[0]
        return sentence.replace(flag, self.origins.get(flag, flag), 1)


def variable(option: Option) -> str:
    """The environment variable of an option."""
    return PREFIX + option.flag.removeprefix("--").replace("-", "_").upper()


def given(command_line: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Given:
    """What the command line, the environment and the file give together.

    Args:
        command_line: The values of the command line by the names of the options' `dest`.
        environment: The environment variables.

    Raises:
        OptionError: The file cannot be read, or a name or a type in it or in the environment is wrong.
    """
    values = {name: value for name, value in command_line.items() if value not in (None, False)}
    origins: dict[str, str] = {}
    from_environment = _environment(environment)
    chosen = values.get("mesh_export_config")
    if chosen == MISSING:
        raise OptionError("--config needs a value.")
    file = Path(chosen) if chosen else _default_file()
    from_file = _file(file) if file else {}
    for option in _SETTABLE.values():
        for origin, source in ((variable(option), from_environment), (f"{_key(option)} in {file}", from_file)):
            if option.dest not in values and option.dest in source:
                values[option.dest] = source[option.dest]
                origins[option.flag] = origin
    return Given(values, origins)


def _key(option: Option) -> str:
    return option.flag.removeprefix("--")


def _environment(environment: Mapping[str, str]) -> dict[str, Any]:
    known = {variable(option): option for option in _SETTABLE.values()}
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        if name not in known:
            raise OptionError(f"The environment variable {name} is no option{nearest(name, known)}")
        # CI systems pass what is not set as an empty text.
        if text.strip():
            values[known[name].dest] = _from_text(name, known[name], text.strip())
    return values


def _from_text(name: str, option: Option, text: str) -> Any:
    if option.metavar is not None:
        return text.replace(",", " ").split() if option.repeatable else text
    if text.lower() not in _SWITCH:
        raise OptionError(f"{name} is neither on nor off: set it to 1 or 0.")
    return _SWITCH[text.lower()]


def _default_file() -> Path | None:
    return next((path for path in (Path(FILE), Path(_PROJECT_FILE)) if path.is_file()), None)


def _file(path: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"The settings {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"The settings {path} are not TOML: {error}.") from None
    if path.name == _PROJECT_FILE:
        read = read.get("tool", {}).get(_TABLE, {})
    if not isinstance(read, dict):
        raise OptionError(f"tool.{_TABLE} in {path} is not a table of options.")
    return {_settable(key, path).dest: _typed(key, value, path) for key, value in read.items()}


def _settable(key: str, path: Path) -> Option:
    if key in _SETTABLE:
        return _SETTABLE[key]
    if any(word in key.lower().replace("_", "-") for word in _SECRET_WORDS):
        raise OptionError(f"{key} in {path} would be a secret in a file: set MESH_EXPORT_TOKEN in the environment.")
    raise OptionError(f"{key} in {path} is no option{nearest(key, _SETTABLE)}")


def _typed(key: str, value: Any, path: Path) -> Any:
    """A value of the file as the command line would have it."""
    option = _SETTABLE[key]
    if option.metavar is None:
        kind, right = "true or false", isinstance(value, bool)
    elif option.repeatable:
        kind, right = "a list of strings", isinstance(value, list) and all(isinstance(each, str) for each in value)
    elif option.metavar == "N":
        kind, right = "a number", isinstance(value, (int, float)) and not isinstance(value, bool)
    else:
        kind, right = "a string", isinstance(value, str)
    if not right:
        raise OptionError(f"{key} in {path} must be {kind}.")
    return str(value) if option.metavar == "N" else value
