"""Where the good credential comes from, and how there is another when it ends.

One source for a run: a text, a file, a command, or an OAuth 2.0 issuer. What a 401 means, and so when to ask for
another credential, is decided by the endpoint.
"""

from __future__ import annotations

import base64
import json
import math
import re
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx2
from attrs import field, frozen

from conformance.connection import Connection, is_loopback, trouble

SCOPE: Final = "itwin-platform"
_BEARER: Final = "Bearer"
_BASIC: Final = "Basic"
_DISCOVERY: Final = "/.well-known/openid-configuration"
_COMMAND_TIME: Final = 60.0
_ISSUER_TIME: Final = 30.0
_EARLY: Final = 30.0
"""Seconds before its end at which a credential is renewed; a fifth of its life where that is less."""
_RETRY: Final = 10.0
_ERROR_CODE: Final = re.compile(r"[a-z_]{1,40}")


class CredentialError(Exception):
    """There is no credential to be had; the message says what to do, and holds no secret."""


@frozen
class Issued:
    """A credential as its source gives it.

    Attributes:
        value: What goes behind the scheme in `Authorization`.
        lifetime: Seconds until it ends; infinite where nobody said.
    """

    value: str = field(repr=False)
    lifetime: float = math.inf


@frozen
class Source:
    """Where the good credential comes from.

    Attributes:
        name: What the user calls it: a variable or an option.
        fetch: Has a credential; raises `CredentialError`. A process can hand it to another.
        renews: Whether asking again may give another one.
        scheme: The scheme of `Authorization`.
        variable: The variable that stands for the credential in a line for a shell.
        secrets: What else must not be told: a client secret.
        empty: Whether there is no credential at all.
    """

    name: str
    fetch: Callable[[], Issued] = field(repr=False)
    renews: bool = False
    scheme: str = _BEARER
    variable: str = "MESH_EXPORT_TOKEN"
    secrets: tuple[str, ...] = field(default=(), repr=False)
    empty: bool = False


def from_text(name: str, token: str) -> Source:
    """A token that was given as it is; an empty one for none."""
    issued = Issued(_sendable(name, token.strip()))
    return Source(name, partial(_itself, issued), empty=not issued.value)


def from_share_key(name: str, key: str) -> Source:
    """A share key, which goes under `Basic` in place of a token (field notes)."""
    issued = Issued(_sendable(name, key.strip()))
    return Source(name, partial(_itself, issued), scheme=_BASIC, variable="MESH_EXPORT_SHARE_KEY")


def _itself(issued: Issued) -> Issued:
    return issued


def from_file(name: str, path: Path) -> Source:
    """A file that holds the token, and later perhaps another.

    Raises:
        CredentialError: It holds none now.
    """
    _read(name, path)
    return Source(name, partial(_read, name, path), renews=True)


def _read(name: str, path: Path) -> Issued:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CredentialError(f"{name} {str(path)!r} cannot be read: give a file that holds the token.") from None
    return _printed(f"{name} {str(path)!r}", text)


def from_command(name: str, command: str) -> Source:
    """A command that prints the token, or the answer of a token endpoint.

    Raises:
        CredentialError: It cannot be read as a command, or there is no such program.
    """
    try:
        arguments = shlex.split(command)
    except ValueError:
        arguments = []
    if not arguments:
        raise CredentialError(f"{name} is no command that a shell would understand: check its quotes.")
    if shutil.which(arguments[0]) is None:
        raise CredentialError(f"{name} names a program that is not there: {arguments[0]!r}.")
    return Source(name, partial(_run, name, arguments), renews=True)


def _run(name: str, arguments: list[str]) -> Issued:
    try:
        # What it says on stderr may be a secret too.
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=_COMMAND_TIME)  # noqa: S603  the user's own
    except OSError as error:
        raise CredentialError(f"{name} could not be started: {error.strerror}.") from None
    except subprocess.TimeoutExpired:
        raise CredentialError(f"{name} took more than {_COMMAND_TIME:g} s: run it by hand to see why.") from None
    except subprocess.CalledProcessError as error:
        raise CredentialError(f"{name} ended with {error.returncode}: run it by hand to see why.") from None
    except UnicodeDecodeError:
        raise CredentialError(f"{name} printed what is no text: let it print the token alone.") from None
    return _printed(f"{name}, which no shell reads,", done.stdout)


def from_issuer(name: str, issuer: str, client_id: str, client_secret: str, connection: Connection) -> Source:
    """An OAuth 2.0 issuer that gives tokens to a client for its id and secret.

    Raises:
        CredentialError: The issuer is no place to send a secret to.
    """
    root = issuer.rstrip("/")
    _refuse_open_road(name, root)
    basic = base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()).decode()
    ask = partial(_ask, name, root, client_id, client_secret, connection)
    return Source(name, ask, renews=True, secrets=(client_secret, basic))


def _ask(name: str, root: str, client_id: str, client_secret: str, connection: Connection) -> Issued:
    try:
        with connection.client(root, timeout=_ISSUER_TIME) as client:
            return _granted(name, client, root, client_id, client_secret)
    except httpx2.HTTPError as error:
        reason = trouble(error, connection.proxy_for(root)) or "check the URL"
        raise CredentialError(f"No answer from the issuer of {name}: {reason}.") from None


def _granted(name: str, client: httpx2.Client, root: str, client_id: str, client_secret: str) -> Issued:
    """A token by the client-credentials grant (RFC 6749, 4.4), from where the issuer says that there are any."""
    about = _json(client.get(root + _DISCOVERY))
    endpoint = about.get("token_endpoint")
    if not isinstance(endpoint, str):
        raise CredentialError(f"The issuer of {name} has no {_DISCOVERY} with a token_endpoint: check the URL.")
    _refuse_open_road(name, endpoint)
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    methods = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in methods:
        basic = httpx2.BasicAuth(quote_plus(client_id), quote_plus(client_secret))
        response = client.post(endpoint, data=form, auth=basic)
    else:
        response = client.post(endpoint, data={**form, "client_id": client_id, "client_secret": client_secret})
    answer = _json(response)
    if response.status_code != 200:
        code = str(answer.get("error", ""))
        # Its description may repeat what was sent.
        why = code if _ERROR_CODE.fullmatch(code) else f"status {response.status_code}"
        raise CredentialError(f"The issuer of {name} refuses the client ({why}): check its id and its secret.")
    return _of_an_answer(f"The issuer of {name}", answer)


def _refuse_open_road(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and not parts.username and not parts.query
    except ValueError:
        fine = False
    if not fine or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        raise CredentialError(f"{name} must be an https URL such as https://ims.bentley.com: a secret goes there.")


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _printed(name: str, text: str) -> Issued:
    """A token that stands alone, or the answer of a token endpoint."""
    text = text.strip()
    if not text.startswith("{"):
        return Issued(_given(name, text), _left(text))
    try:
        answer = json.loads(text)
    except ValueError:
        raise CredentialError(f"{name} gives JSON that cannot be read: let it give the token alone.") from None
    return _of_an_answer(name, answer)


def _of_an_answer(name: str, answer: dict[str, Any]) -> Issued:
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    token = _given(name, token if isinstance(token, str) else "")
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
        return Issued(token, float(seconds))
    return Issued(token, _left(token))


def _given(name: str, token: str) -> str:
    if not token:
        raise CredentialError(f"{name} gives no token.")
    return _sendable(name, token)


def _sendable(name: str, token: str) -> str:
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise CredentialError(f"{name} has characters that no header can carry: set it to the token alone.")
    return token


def _left(token: str) -> float:
    """Seconds until a JWT ends, as it says itself; infinite for any other token."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"]) - time.time()
    except (IndexError, ValueError, KeyError, TypeError):
        return math.inf


class Credentials:
    """The good credential of a run, and all that there were.

    Args:
        source: Where it comes from; it is asked at once.
        learn: Told every secret before it is used.

    Raises:
        CredentialError: The source has none.
    """

    def __init__(self, source: Source, learn: Callable[[str], None]) -> None:
        self.source = source
        self._learn = learn
        self._lock = threading.RLock()
        self._value = ""
        self._renew_at = math.inf
        self.ever: tuple[str, ...] = ()
        for secret in source.secrets:
            learn(secret)
        self._take(source.fetch())

    @property
    def value(self) -> str:
        """The credential to send now; empty where there is none. Renewed shortly before it ends."""
        with self._lock:
            if time.monotonic() >= self._renew_at:
                try:
                    self._take(self.source.fetch())
                except CredentialError:
                    # It has not ended yet: a 401 will say so.
                    self._renew_at = time.monotonic() + _RETRY
            return self._value

    def authorization(self, value: str) -> str | None:
        """What goes as `Authorization` for a credential; None for none."""
        return f"{self.source.scheme} {value}" if value else None

    def renew(self, ended: str) -> bool:
        """Whether there is another credential than the one that has ended.

        Raises:
            CredentialError: The source has none any more.
        """
        with self._lock:
            if self._value == ended and self.source.renews:
                self._take(self.source.fetch())
            return self._value != ended

    def _take(self, issued: Issued) -> None:
        self._value = issued.value
        if issued.value and issued.value not in self.ever:
            self._learn(issued.value)
            self.ever = (*self.ever, issued.value)
        early = min(_EARLY, issued.lifetime / 5)
        self._renew_at = time.monotonic() + max(0.0, issued.lifetime - early) if self.source.renews else math.inf
