"""The command `mesh-export-conformance`: the suite without a clone, and what a team does with its reports.

A plain run is pytest with the suite's own configuration; what the other commands do is their modules' business.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

import pytest

from conformance import __version__
from conformance.explain import UnknownRequirementError, explain
from conformance.options import OPTIONS
from conformance.verdict import ExitCode
from conformance.wording import nearest

_PROGRAM: Final = "mesh-export-conformance"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage."""

    def error(self, message: str) -> NoReturn:
        sentence = message if message.endswith((".", "?")) else f"{message[:1].upper()}{message[1:]}."
        self.exit(ExitCode.WRONG_USE, f"{sentence}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge a server, or do what the first argument names.

    Args:
        arguments: A command and its options as on the command line; those of the process where None.

    Returns:
        The exit code.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    first = given[0] if given else "run"
    if first in _COMMANDS:
        parser = _parser()
        chosen = parser.parse_args(given)
        return _COMMANDS[first](parser, chosen)
    if first == "run":
        del given[:1]
    elif not first.startswith("-"):
        end = nearest(first, ["run", *_COMMANDS], ": --help lists those that there are.")
        sys.stderr.write(f"There is no command {first!r}{end}\n")
        return ExitCode.WRONG_USE
    return _run(given)


def _run(options: list[str]) -> int:
    if {"-h", "--help"} & set(options):
        _parser().print_help()
        return ExitCode.CONFORMS
    if "--version" in options:
        print(_PROGRAM, __version__)  # noqa: T201
        return ExitCode.CONFORMS
    folder = Path(__file__).parent
    return int(pytest.main([str(folder), "-c", str(folder / "pytest.ini"), "--rootdir", str(folder), *options]))


def _explain(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    try:
        print(explain(chosen.id))  # noqa: T201
    except UnknownRequirementError as error:
        parser.error(str(error))
    return ExitCode.CONFORMS


_COMMANDS: Final[Mapping[str, Callable[[argparse.ArgumentParser, argparse.Namespace], int]]] = {
    "explain": _explain,
}


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=_PROGRAM,
        usage="%(prog)s [run] [OPTIONS]\n       %(prog)s COMMAND …",
        description="Say whether an endpoint of the Mesh Export API keeps the promises of its documentation page.",
        epilog="Options of pytest, such as -k and -x, work for a run too. "
        "Exit codes: 0 conforms, 1 does not, 2 wrong use, 3 no API to judge, 4 too little to judge, "
        "5 the suite failed or was interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    options = parser.add_argument_group("options of a run")
    for option in OPTIONS:
        text = f"{option.help} Default: {option.default}.".replace("%", "%%")
        if option.metavar is None:
            options.add_argument(option.flag, action="store_true", help=text)
        else:
            options.add_argument(option.flag, metavar=option.metavar, help=text)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    commands.add_parser("run", help="judge a server (what is done without a command)", add_help=False)
    _add_explain(commands)
    return parser


def _add_explain(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "what stands behind a requirement: its promise, its ground, what is checked and how, what breaks it"
    explain_parser = commands.add_parser("explain", help=text, description=f"Print {text}.", allow_abbrev=False)
    explain_parser.add_argument("id", metavar="ID", help="the requirement, such as top-maximum")


if __name__ == "__main__":
    sys.exit(main())
