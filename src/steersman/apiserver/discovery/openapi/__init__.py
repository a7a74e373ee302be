"""The OpenAPI documents: v3 by group version, v2 in one."""

from steersman.apiserver.discovery.openapi.v2 import v2, v2_tag
from steersman.apiserver.discovery.openapi.v3 import document, index, names, tag, tree

__all__ = ["document", "index", "names", "tag", "tree", "v2", "v2_tag"]
