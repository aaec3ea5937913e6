"""A scratch copy of the spec with the three other operations of the API, for what the generator makes of them."""

from __future__ import annotations

from typing import Any

import yaml

from scripts.generate import SPEC

OPERATIONS = """
/mesh-export/{id}:
  parameters:
    - name: id
      in: path
      required: true
      description: The export's id.
      schema: {type: string, format: uuid}
  get:
    operationId: getExport
    tags: [exports]
    summary: Get an export
    description: One export in full representation.
    parameters:
      - $ref: '#/components/parameters/cdn'
    responses:
      '200':
        description: The export.
        content:
          application/vnd.bentley.itwin-platform.v1+json:
            schema: {$ref: '#/components/schemas/ExportResponse'}
      '401': {$ref: '#/components/responses/Unauthorized'}
      '404': &missing
        description: There is no such export.
        content:
          application/vnd.bentley.itwin-platform.v1+json:
            schema: {$ref: '#/components/schemas/ErrorResponse'}
      '429': {$ref: '#/components/responses/TooManyRequests'}
  delete:
    operationId: deleteExport
    tags: [exports]
    summary: Delete an export
    deprecated: true
    responses:
      '204': {description: It is gone.}
      '401': {$ref: '#/components/responses/Unauthorized'}
      '404': *missing
      '429': {$ref: '#/components/responses/TooManyRequests'}
/mesh-export/:
  post:
    operationId: createExport
    tags: [exports]
    summary: Start an export
    requestBody:
      required: true
      content:
        application/json:
          schema: {$ref: '#/components/schemas/StartExport'}
    responses:
      '202':
        description: The export has begun.
        content:
          application/vnd.bentley.itwin-platform.v1+json:
            schema: {$ref: '#/components/schemas/ExportResponse'}
      '401': {$ref: '#/components/responses/Unauthorized'}
      '404': *missing
      '422': {$ref: '#/components/responses/UnprocessableEntity'}
      '429': {$ref: '#/components/responses/TooManyRequests'}
"""
SCHEMAS = """
ExportResponse:
  type: object
  description: An export.
  required: [export]
  properties:
    export: {$ref: '#/components/schemas/Export'}
StartExport:
  type: object
  description: What to export.
  required: [iModelId]
  properties:
    iModelId: {type: string, format: uuid, description: The iModel.}
    changesetId: {type: string, description: The changeset.}
    exportType: {$ref: '#/components/schemas/ExportType'}
    lastModified: {type: string, format: date-time, description: When it changed.}
"""


def spec_with(*operation_ids: str) -> dict[str, Any]:
    """Give the spec with these operations added to it."""
    spec: dict[str, Any] = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    for path, item in yaml.safe_load(OPERATIONS).items():
        methods = {
            name: node for name, node in item.items() if "operationId" in node and node["operationId"] in operation_ids
        }
        if methods:
            shared = {name: node for name, node in item.items() if name == "parameters"}
            spec["paths"].setdefault(path, {}).update({**shared, **methods})
    spec["components"]["schemas"].update(yaml.safe_load(SCHEMAS))
    return spec
