"""How the suite connects: which certificates it trusts, through which proxy it goes, and what it calls itself.

Everything that opens a connection asks here. What is sent is decided elsewhere.
"""

from __future__ import annotations

import ipaddress
import ssl
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
from attrs import frozen

from conformance import spec

_NAME: Final = "mesh-export-conformance"


@cache
def user_agent() -> str:
    """What the suite calls itself: name, version, and where its README is."""
    try:
        links = dict(line.split(", ", 1) for line in metadata(_NAME).get_all("Project-URL", []))
    except PackageNotFoundError:
        links = {}
    readme = links.get("README") or links.get("Homepage")
    return f"{_NAME}/{spec.version()}" + (f" (+{readme})" if readme else "")


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine alone."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def trusting(ca_file: str | None) -> ssl.SSLContext:
    """What certificates are held against: those of a file alone, or of `SSL_CERT_FILE`, or of the system.

    Raises:
        OSError: There is no such file, or it has no certificates.
    """
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx2.create_ssl_context()


def proxy_passwords() -> list[str]:
    """The passwords in the proxies that the environment names: secrets, as any other."""
    return [password for proxy in getproxies().values() if (password := urlsplit(proxy).password)]


@frozen
class Connection:
    """How to connect.

    Attributes:
        ca_file: The file of the certificates to trust; None for those of the environment or the system.
        proxy: The proxy to go through; None for those of the environment, and for none on loopback.
    """

    ca_file: str | None = None
    proxy: str | None = None

    def proxy_for(self, url: str) -> str:
        """The proxy on the way to the server of a URL, without user and password; empty where there is none."""
        parts = urlsplit(url)
        proxy = self.proxy
        if proxy is None and not is_loopback(url) and not proxy_bypass(parts.hostname or ""):
            everywhere = getproxies()
            proxy = everywhere.get(parts.scheme) or everywhere.get("all")
        return (proxy or "").rpartition("@")[2]

    def client(self, url: str, **more: Any) -> httpx2.Client:
        """A client that talks to the server of a URL, and follows no redirect."""
        return httpx2.Client(
            verify=trusting(self.ca_file),
            proxy=self.proxy,
            # What is on this machine is not asked for by way of another, unless an option says so.
            trust_env=not is_loopback(url),
            follow_redirects=False,
            headers={"User-Agent": user_agent()},
            **more,
        )


def trouble(error: BaseException, proxy: str = "") -> str:
    """Why no connection came about, where that is worth a sentence of its own; empty otherwise.

    Args:
        error: What came instead.
        proxy: The proxy on the way; empty for none.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message.rstrip(".")
            return f"its certificate is not trusted ({reason}): give that of its authority with --ca-file"
        if isinstance(cause, httpx2.ProxyError):
            return "the proxy does not let it through: check --proxy, or HTTPS_PROXY"
        cause = cause.__cause__ or cause.__context__
    if proxy and isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout)):
        return f"the proxy {proxy} does not answer: check --proxy, or HTTPS_PROXY"
    return ""
