"""What can go wrong, as one tree under `MeshExportError`.

An answer that is not a success raises a `ResponseError`: the class of its status where the documentation names the
status, `ServerError` for any other 5xx, `UnexpectedStatusError` for the rest. Where the documentation names codes for
different things that a status means, the class of the status has one below it for each code.

The documentation warns that a failed request need not have an error body, nor one of the documented shape, so that each
attribute that comes from a body may be `None`. No error's text, attributes or `repr` holds a credential or the query of
a signed link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SERVER_ERRORS = range(500, 600)
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-ms-request-id")


class MeshExportError(Exception):
    """Anything that this package raises by itself."""


class InvalidArgumentError(MeshExportError, ValueError):
    """An argument that cannot be sent, or that the documentation's bounds exclude. Nothing was sent."""


class CredentialsError(MeshExportError):
    """There is no credential to send, or its source did not give one."""


class TransportError(MeshExportError):
    """No complete answer came.

    Attributes:
        method: The method of the request.
        url: Its URL, without secrets.
    """

    def __init__(self, message: str, *, method: str, url: str) -> None:
        super().__init__(message)
        self.method = method
        self.url = url

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), {"method": self.method, "url": self.url})


class ConnectionFailedError(TransportError):
    """The connection could not be made, or broke, or carried something that is not HTTP."""


class RequestTimeoutError(TransportError):
    """The service kept silent for longer than the timeout."""


class DeadlineExceededError(RequestTimeoutError):
    """The call took longer in all than its deadline allows."""


class ResponseTooLargeError(TransportError):
    """The answer is larger than the client takes, in the form that it was sent in or decompressed."""


class RedirectRefusedError(TransportError):
    """The service redirects to another origin, without end or without saying where to."""


class PagingError(MeshExportError):
    """The pages of a list lead in a circle, or do not move.

    Attributes:
        link: The link that leads nowhere new, without secrets.
    """

    def __init__(self, message: str, *, link: str) -> None:
        super().__init__(message)
        self.link = link

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), {"link": self.link})


class LinkRefusedError(PagingError):
    """A link that is not followed: not an HTTP URL, or of another origin while the client refuses those."""


class WaitTimeoutError(MeshExportError):
    """What was waited for did not happen in time."""


class WaitFailedError(MeshExportError):
    """What was waited for cannot happen any more."""


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One of several things that are wrong with a request.

    Attributes:
        code: The service's code of the error.
        message: The error in words.
        target: What it is about, such as a parameter's name.
    """

    code: str | None
    message: str | None
    target: str | None


class ResponseError(MeshExportError):
    """An answer that is not what the call was for.

    Attributes:
        status: The HTTP status.
        code: The service's code of the error.
        message: The error in words, as the service sent them.
        target: What the error is about, such as a parameter's name.
        details: The single errors, where the service names several.
        method: The method of the request.
        url: Its URL, without secrets.
        headers: The headers of the answer, their names in lower case.
        body: The beginning of the raw body.
        retry_after: Seconds that the service asks to wait, where it does.
    """

    def __init__(  # one keyword for each attribute
        self,
        text: str,
        *,
        status: int,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        code: str | None = None,
        message: str | None = None,
        target: str | None = None,
        details: tuple[ErrorDetail, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.code = code
        self.message = message
        self.target = target
        self.details = details
        self.retry_after = retry_after

    @property
    def request_id(self) -> str | None:
        """The service's own name for the request, where it gives one."""
        return next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)

    @property
    def targets(self) -> tuple[str, ...]:
        """What the error and its details are about, in their order, each once."""
        found = [self.target, *(detail.target for detail in self.details)]
        return tuple(dict.fromkeys(target for target in found if target is not None))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), dict(self.__dict__))


class DecodeError(ResponseError):
    """A success whose body is not of the documented shape."""


class ServerError(ResponseError):
    """The service failed (5xx)."""


class UnexpectedStatusError(ResponseError):
    """A status that the documentation does not name."""


class AuthenticationError(ResponseError):
    """The service answered 401: the credentials are missing, refused or not enough."""


class NotFoundError(ResponseError):
    """The service answered 404."""


class InvalidRequestError(ResponseError):
    """The service answered 422: `details` and `targets` name what is wrong."""


class RateLimitError(ResponseError):
    """The service answered 429: more requests than it allows. `retry_after` says how many seconds to wait."""


class ExportNotFoundError(NotFoundError):
    """The service answered 404 with the code `ExportNotFound`."""


class IModelNotFoundError(NotFoundError):
    """The service answered 404 with the code `IModelNotFound`."""


ERRORS_BY_STATUS: Mapping[int, type[ResponseError]] = {
    401: AuthenticationError,
    404: NotFoundError,
    422: InvalidRequestError,
    429: RateLimitError,
}

ERRORS_BY_CODE: Mapping[tuple[int, str | None], type[ResponseError]] = {
    (404, "ExportNotFound"): ExportNotFoundError,
    (404, "IModelNotFound"): IModelNotFoundError,
}


def error_class(status: int, code: str | None) -> type[ResponseError]:
    """Give the class of error that a status raises with an error code."""
    if known := ERRORS_BY_CODE.get((status, code)):
        return known
    return ERRORS_BY_STATUS.get(status) or (ServerError if status in _SERVER_ERRORS else UnexpectedStatusError)


def _rebuild(cls: type[MeshExportError], text: str, attributes: dict[str, Any]) -> MeshExportError:
    return cls(text, **attributes)
