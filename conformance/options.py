"""The options of a run: their names, defaults and meanings, and the one sentence for each wrong value.

How they reach the command line is the plugin's business.
"""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from attrs import field, frozen

from conformance import credentials, deviations, ledger
from conformance.connection import Connection, is_loopback, trusting
from conformance.credentials import CredentialError, Source
from conformance.deviations import Deviation, DeviationError
from conformance.endpoint import Limits
from conformance.ledger import Level

TOKEN_VARIABLE: Final = "MESH_EXPORT_TOKEN"  # noqa: S105  the name of a variable, not a token
OTHER_VARIABLE: Final = "MESH_EXPORT_OTHER_TOKEN"
SHARE_KEY_VARIABLE: Final = "MESH_EXPORT_SHARE_KEY"
CLIENT_VARIABLES: Final = ("MESH_EXPORT_CLIENT_ID", "MESH_EXPORT_CLIENT_SECRET")
_N = TypeVar("_N", int, float)
MISSING: Final = "\0missing"
_GENTLE_RATE: Final = 10.0
_REQUESTS_OF_A_TURN: Final = 400
"""What a turn of the random probes takes at least, where there is something to ask for."""
_TURNS: Final = (50, 200)
"""How many turns a full run has at least and at most: each takes memory of its own."""
_LARGEST_SEED: Final = 2**32


class OptionError(ValueError):
    """An option has a value that cannot be used; the message says what to do."""


@frozen
class Option:
    """One option of the command line.

    Attributes:
        flag: As it is written on the command line.
        default: The default as a reader should see it.
        help: What it does, in one sentence.
        metavar: What stands for its value; None for a switch.
        repeatable: Whether it may come several times.
        settable: Whether the environment and a file may give it, too.
    """

    flag: str
    default: str
    help: str
    metavar: str | None = None
    repeatable: bool = False
    settable: bool = True

    @property
    def dest(self) -> str:
        """The name of its value among pytest's options."""
        return "mesh_export_" + self.flag.removeprefix("--").replace("-", "_")


OPTIONS: Final = (
    Option("--url", "the embedded mock", "Root of the server to judge, such as https://api.bentley.com.", "URL"),
    Option("--token-file", "none", "Read the token from this file, and again when it ends.", "PATH"),
    Option(
        "--token-command",
        "none",
        "Have the token from what this command, read by no shell, prints, and again when it ends.",
        "COMMAND",
    ),
    Option("--issuer", "none", "Have tokens from this OAuth 2.0 issuer, for the client in the environment.", "URL"),
    Option("--ca-file", "SSL_CERT_FILE, or the system's", "Trust the certificates of this PEM file alone.", "PATH"),
    Option("--proxy", "HTTPS_PROXY and its like; none on loopback", "Send by way of this proxy.", "URL"),
    Option("--profile", "quick", "How deep to look: quick or full.", "NAME"),
    Option("--seed", "drawn, and printed", "Seed of everything that is random.", "N"),
    Option(
        "--max-requests", "1500 (quick), 20000 (full); twice that with --allow-writes", "Requests to send at most.", "N"
    ),
    Option("--max-seconds", "none (quick), 600 (full)", "Seconds to send requests for at most.", "N"),
    Option("--max-wait", "180 (quick), 600 (full)", "Seconds to wait at most because the server asks to.", "N"),
    Option(
        "--max-walk", "50", "Pages of the largest size to walk at most; of a larger collection a sample is judged.", "N"
    ),
    Option("--rate", "none on loopback, 10 elsewhere", "Requests to send each second at most.", "N"),
    Option(
        "--concurrency",
        "8 on loopback, 1 elsewhere",
        "Requests to have under way at once, where their order does not matter.",
        "N",
    ),
    Option("--fail-on", "must", "Level from which a violation fails the run: must or should.", "LEVEL"),
    Option("--requirement", "all", "Judge only this requirement; may be repeated.", "ID", repeatable=True),
    Option("--plan", "off", "Print what would be sent, how many requests and how long, send nothing and stop."),
    Option("--list-requirements", "off", "Print the requirements and stop.", settable=False),
    Option(
        "--probe-methods",
        "off",
        "Send PUT, PATCH and DELETE to the collection of a server that is not on loopback too.",
    ),
    Option(
        "--probe-rate-limit",
        "off in quick, on in full",
        "Find out once, by a burst of requests, how the server limits its rate.",
    ),
    Option("--allow-writes", "off", "Send the operations that start and delete exports, too, in --scratch-imodel."),
    Option("--scratch-imodel", "none", "iModel in which the run may start exports, and delete those again.", "ID"),
    Option("--report-dir", "reports/TIME-PID", "Folder for the report of this run.", "DIR"),
    Option("--deviations", "none", "File with the violations that the team accepts for a while.", "FILE"),
    Option("--history", "none", "Folder to keep in what each run came to, and to read past runs from.", "DIR"),
    Option(
        "--config",
        "mesh-export-conformance.toml or pyproject.toml, if there",
        "TOML file with the options of a team.",
        "FILE",
        settable=False,
    ),
)


@frozen
class Settings:
    """What a run was told.

    Attributes:
        url: Root of the server; None for the embedded mock.
        source: Where the good credential comes from.
        other_token: The token of another user, with fewer rights; empty for none.
        connection: How to connect.
        profile: `quick` or `full`.
        seed: Seed of everything that is random.
        limits: What the run may cost the server.
        plan: Whether to count what would be sent, on the mock, instead of sending it.
        fail_on: The level from which a violation fails the run.
        requirements: Ids of the requirements to judge; all where empty.
        report_dir: Folder for the report; None for one of its own.
        deviations: The violations that are accepted for a while.
        history: Folder with what past runs came to; None for none.
    """

    url: str | None
    source: Source
    other_token: str = field(repr=False)
    connection: Connection
    profile: str
    seed: int
    limits: Limits
    fail_on: Level
    requirements: tuple[str, ...]
    report_dir: Path | None
    deviations: tuple[Deviation, ...] = ()
    history: Path | None = None
    plan: bool = False

    @property
    def turns(self) -> int:
        """How often random probes have their turn: a full run goes on until its budget ends."""
        if self.profile == "quick":
            return 1
        fewest, most = _TURNS
        return min(most, max(fewest, self.limits.max_requests // _REQUESTS_OF_A_TURN))


def settings(values: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the values of the options.

    Args:
        values: The values by the names of the options' `dest`, as text; absent or None where not given.
        environment: Environment variables, for the credential.

    Raises:
        OptionError: A value cannot be used.
    """
    read = {option.flag: values.get(option.dest) for option in OPTIONS}
    for flag, value in read.items():
        if value == MISSING or (isinstance(value, list) and MISSING in value):
            raise OptionError(f"{flag} needs a value.")
    url = _url(read["--url"])
    scratch = _scratch(read["--scratch-imodel"], bool(read["--allow-writes"]), url)
    near = url is None or is_loopback(url)
    profile = _one_of("--profile", read["--profile"] or "quick", ("quick", "full"))
    connection = _connection(read["--ca-file"], environment.get("SSL_CERT_FILE") or None, read["--proxy"])
    max_wait = _number("--max-wait", read["--max-wait"], float, 0)
    limits = Limits(
        max_requests=_number("--max-requests", read["--max-requests"], int, 1)
        or {"quick": 1500, "full": 20000}[profile] * (2 if read["--allow-writes"] else 1),
        rate=_number("--rate", read["--rate"], float, 0.001) or (None if near else _GENTLE_RATE),
        concurrency=_number("--concurrency", read["--concurrency"], int, 1) or (8 if near else 1),
        max_walk=_number("--max-walk", read["--max-walk"], int, 1) or 50,
        max_seconds=_number("--max-seconds", read["--max-seconds"], float, 0.001)
        or (None if profile == "quick" else 600.0),
        max_wait={"quick": 180.0, "full": 600.0}[profile] if max_wait is None else max_wait,
        probe_methods=bool(read["--probe-methods"]),
        allow_writes=bool(read["--allow-writes"]),
        scratch_imodel=scratch,
        probe_rate_limit=profile == "full" or bool(read["--probe-rate-limit"]),
    )
    seed = _number("--seed", read["--seed"], int, 0)
    return Settings(
        url=url,
        source=_source(read, environment, connection),
        other_token=_other_token(environment),
        connection=connection,
        profile=profile,
        seed=random.SystemRandom().randrange(_LARGEST_SEED) if seed is None else seed,
        limits=limits,
        fail_on=Level(_one_of("--fail-on", read["--fail-on"] or "must", ("must", "should")).upper()),
        requirements=_requirements(read["--requirement"] or []),
        report_dir=Path(read["--report-dir"]) if read["--report-dir"] else None,
        deviations=_deviations(read["--deviations"]),
        history=Path(read["--history"]) if read["--history"] else None,
        plan=bool(read["--plan"]),
    )


def _url(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        port_is_fine = False
    if not port_is_fine or parts.scheme not in ("http", "https") or not parts.hostname:
        raise OptionError(f"--url {value!r} is not the root of a server: give one such as https://api.bentley.com.")
    if parts.query or parts.fragment or parts.username:
        raise OptionError("--url must be the root of a server alone, without user, query or fragment.")
    return value.rstrip("/").removesuffix("/mesh-export")


def _scratch(value: str | None, allowed: bool, url: str | None) -> str:
    if value is None:
        if allowed and url:
            raise OptionError("--allow-writes needs --scratch-imodel ID: the iModel to start exports in.")
        return ""
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise OptionError(f"--scratch-imodel {value!r} is not the id of an iModel, a UUID.") from None


def _connection(given: str | None, everywhere: str | None, proxy: str | None) -> Connection:
    ca_file = given or everywhere
    try:
        trusting(ca_file)
    except OSError:
        name = f"--ca-file {given!r}" if given else "SSL_CERT_FILE"
        raise OptionError(f"{name} cannot be read as certificates: give a file in PEM.") from None
    if proxy is None:
        return Connection(ca_file)
    try:
        parts = urlsplit(proxy)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise OptionError(f"--proxy {proxy!r} is no proxy: give one such as http://proxy.example:3128.")
    if parts.username or parts.password:
        raise OptionError("--proxy must be without user and password: set HTTPS_PROXY to a proxy that takes them.")
    return Connection(ca_file, proxy)


def _other_token(environment: Mapping[str, str]) -> str:
    token = environment.get(OTHER_VARIABLE, "").strip()
    if token and token == environment.get(TOKEN_VARIABLE, "").strip():
        raise OptionError(f"{OTHER_VARIABLE} is {TOKEN_VARIABLE} once more: give that of a user with fewer rights.")
    try:
        credentials.from_text(OTHER_VARIABLE, token)
    except CredentialError as error:
        raise OptionError(str(error)) from None
    return token


def _source(read: Mapping[str, Any], environment: Mapping[str, str], connection: Connection) -> Source:
    """The one source of the good credential; a token that is empty where none is given."""
    given = {name: environment.get(name, "").strip() for name in (TOKEN_VARIABLE, SHARE_KEY_VARIABLE)}
    given |= {flag: read[flag] or "" for flag in ("--token-file", "--token-command", "--issuer")}
    names = [name for name, value in given.items() if value]
    if len(names) > 1:
        raise OptionError(f"{' and '.join(names)} both give the credential: leave all but one out.")
    name = names[0] if names else TOKEN_VARIABLE
    client_id, secret = (environment.get(variable, "").strip() for variable in CLIENT_VARIABLES)
    if name == "--issuer" and not (client_id and secret):
        raise OptionError(f"--issuer needs {' and '.join(CLIENT_VARIABLES)} in the environment.")
    if client_id and not names:
        raise OptionError(f"{CLIENT_VARIABLES[0]} is set without --issuer: give the URL of the issuer.")
    makers: dict[str, Callable[[], Source]] = {
        TOKEN_VARIABLE: lambda: credentials.from_text(name, given[name]),
        SHARE_KEY_VARIABLE: lambda: credentials.from_share_key(name, given[name]),
        "--token-file": lambda: credentials.from_file(name, Path(given[name])),
        "--token-command": lambda: credentials.from_command(name, given[name]),
        "--issuer": lambda: credentials.from_issuer(name, given[name], client_id, secret, connection),
    }
    try:
        return makers[name]()
    except CredentialError as error:
        raise OptionError(str(error)) from None


def _one_of(flag: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise OptionError(f"{flag} {value!r} is unknown: give {' or '.join(choices)}.")
    return value


def _number(flag: str, value: str | None, kind: Callable[[str], _N], least: float) -> _N | None:
    if value is None:
        return None
    try:
        number = kind(value)
    except ValueError:
        number = None
    if number is None or not least <= number < float("inf"):
        what = "a whole number" if kind is int else "a number"
        raise OptionError(f"{flag} {value!r} is not {what} from {least:g}.")
    return number


def _deviations(path: str | None) -> tuple[Deviation, ...]:
    if not path:
        return ()
    try:
        return deviations.load(Path(path))
    except DeviationError as error:
        raise OptionError(str(error)) from None


def _requirements(ids: list[str]) -> tuple[str, ...]:
    every = ledger.requirements()
    for name in ids:
        if name not in every:
            raise OptionError(f"--requirement {name!r} is unknown: --list-requirements prints those that there are.")
        if every[name].unchecked:
            raise OptionError(f"--requirement {name!r} cannot be judged from outside: {every[name].unchecked}")
    return tuple(ids)


_current: ContextVar[Settings] = ContextVar("settings")


def make_current(chosen: Settings) -> None:
    """Let test modules that are built from the settings, when they are collected, have them."""
    _current.set(chosen)


def current() -> Settings:
    """The settings of this run.

    Raises:
        LookupError: No run was begun.
    """
    return _current.get()
