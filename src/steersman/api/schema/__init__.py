"""What the API's types are: fields, list types, merge keys, formats; data made at build time.

`definition(name)` and `node_of(resource)` give the `Node` of a type; nodes are made when first asked for and
shared ever after.  `openapi(name)` and `descriptions(name)` give the published form, for OpenAPI and explain.
"""

from steersman.api.schema.loader import (
    SchemaMissing,
    definition,
    descriptions,
    names,
    node_of,
    openapi,
    zero,
)
from steersman.api.schema.node import Node

__all__ = ["Node", "SchemaMissing", "definition", "descriptions", "names", "node_of", "openapi", "zero"]
