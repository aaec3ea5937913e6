"""Mesh Export for Python programs: typed, synchronous and asynchronous.

    from mesh_export_client import MeshExportClient

    with MeshExportClient(token="…") as client:
        for export in client.exports.list(representation="full"):
            print(export.display_name, export.status)

`models` has the objects that come back, `errors` what can go wrong, `types` what a call takes beside its parameters.
"""

from ._async_begun import AsyncBegun
from ._async_pager import AsyncPager
from ._begun import Begun
from ._model import Model
from ._open_enum import OpenEnum
from ._pager import Pager
from ._resource import Resource
from ._response import RawResponse
from ._settings import RetryPolicy, __version__
from .api.exports import AsyncExports, Exports
from .client import AsyncMeshExportClient, MeshExportClient
from .credentials import ClientCredentials, ShareKey
from .errors import (
    AuthenticationError,
    ConnectionFailedError,
    CredentialsError,
    DeadlineExceededError,
    DecodeError,
    ErrorDetail,
    ExportNotFoundError,
    IModelNotFoundError,
    InvalidArgumentError,
    InvalidRequestError,
    LinkRefusedError,
    MeshExportError,
    NotFoundError,
    PagingError,
    RateLimitError,
    RedirectRefusedError,
    RequestTimeoutError,
    ResponseError,
    ResponseTooLargeError,
    ServerError,
    TransportError,
    UnexpectedStatusError,
    WaitFailedError,
    WaitTimeoutError,
)
from .models import (
    DetailedError,
    Error,
    ErrorResponse,
    Export,
    ExportLinks,
    ExportListLinks,
    ExportListResponse,
    ExportRequest,
    ExportResponse,
    ExportStatus,
    ExportType,
    Link,
    MinimalExport,
    StartExport,
)
from .types import AsyncTokenSource, CallOptions, ForeignLinks, RetryEvent, TokenSource

# ruff orders names as constants, classes, functions.
__all__ = [
    "AsyncBegun",
    "AsyncExports",
    "AsyncMeshExportClient",
    "AsyncPager",
    "AsyncTokenSource",
    "AuthenticationError",
    "Begun",
    "CallOptions",
    "ClientCredentials",
    "ConnectionFailedError",
    "CredentialsError",
    "DeadlineExceededError",
    "DecodeError",
    "DetailedError",
    "Error",
    "ErrorDetail",
    "ErrorResponse",
    "Export",
    "ExportLinks",
    "ExportListLinks",
    "ExportListResponse",
    "ExportNotFoundError",
    "ExportRequest",
    "ExportResponse",
    "ExportStatus",
    "ExportType",
    "Exports",
    "ForeignLinks",
    "IModelNotFoundError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "Link",
    "LinkRefusedError",
    "MeshExportClient",
    "MeshExportError",
    "MinimalExport",
    "Model",
    "NotFoundError",
    "OpenEnum",
    "Pager",
    "PagingError",
    "RateLimitError",
    "RawResponse",
    "RedirectRefusedError",
    "RequestTimeoutError",
    "Resource",
    "ResponseError",
    "ResponseTooLargeError",
    "RetryEvent",
    "RetryPolicy",
    "ServerError",
    "ShareKey",
    "StartExport",
    "TokenSource",
    "TransportError",
    "UnexpectedStatusError",
    "WaitFailedError",
    "WaitTimeoutError",
    "__version__",
]
