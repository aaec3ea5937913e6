"""The objects of the API: immutable, typed, and back in their wire form by `to_dict` and `to_json`."""

from .detailed_error import DetailedError
from .error import Error
from .error_response import ErrorResponse
from .export import Export
from .export_links import ExportLinks
from .export_list_links import ExportListLinks
from .export_list_response import ExportListResponse
from .export_request import ExportRequest
from .export_response import ExportResponse
from .export_status import ExportStatus
from .export_type import ExportType
from .link import Link
from .minimal_export import MinimalExport
from .start_export import StartExport

__all__ = [
    "DetailedError",
    "Error",
    "ErrorResponse",
    "Export",
    "ExportLinks",
    "ExportListLinks",
    "ExportListResponse",
    "ExportRequest",
    "ExportResponse",
    "ExportStatus",
    "ExportType",
    "Link",
    "MinimalExport",
    "StartExport",
]
