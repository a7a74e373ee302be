"""Answers: a tree or stored bytes in the form that was negotiated.

JSON goes out as it is stored; YAML, protobuf, indentation, a Table or bare metadata are made from the tree.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import status
from steersman.api.tree import Tree
from steersman.apiserver.http.negotiate import JSON, PROTOBUF, Accept
from steersman.apiserver.registry import layout
from steersman.kit import http

ALWAYS: tuple[tuple[str, str], ...] = (("Cache-Control", "no-cache, private"),)


def encoded(value: Any, accept: Accept) -> bytes:
    if accept.media == PROTOBUF:
        return _protobuf(value)
    if accept.media != JSON:
        import yaml

        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        text: str = yaml.dump(value, Dumper=dumper, default_flow_style=False, allow_unicode=True, sort_keys=True)
        return text.encode()
    if accept.pretty:
        return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"
    return layout.encode(value) + b"\n"


def _protobuf(value: Tree) -> bytes:
    from steersman.api.codec import protobuf

    try:
        return protobuf.encode_body(value)
    except protobuf.NoProtobuf:
        raise status.not_acceptable(
            f"object {value.get('kind')} does not implement the protobuf marshalling interface and cannot be encoded "
            "to a protobuf message"
        ) from None


def tree(value: Tree, accept: Accept, code: int = 200, headers: http.Headers = ()) -> http.Response:
    return http.Response(code, accept.media, (encoded(value, accept),), headers, tree=value)


def raw(value: bytes, accept: Accept, code: int = 200, headers: http.Headers = ()) -> http.Response:
    """JSON bytes, sent as they are where JSON is what was asked for."""
    if accept.plain:
        return http.Response(code, JSON, (value,), headers)
    return tree(layout.decode(value), accept, code, headers)


def refusal(error: status.StatusError, accept: Accept) -> http.Response:
    return tree(error.tree, accept, error.code, error.headers)


def text(value: str, code: int = 200) -> http.Response:
    headers = (("X-Content-Type-Options", "nosniff"),)
    return http.Response(code, "text/plain; charset=utf-8", (value.encode(),), headers)


def partial_metadata(value: Tree, accept: Accept) -> dict[str, Any]:
    metadata: Mapping[str, Any] = value.get("metadata") or {}
    return {"kind": "PartialObjectMetadata", "apiVersion": accept.transform_api_version, "metadata": metadata}


MOST_WARNED = 4096
"""Characters of all warnings of an answer; of each, `MOST_OF_EACH` once they are more."""
MOST_OF_EACH = 256


def _short_enough(warnings: Sequence[str]) -> Sequence[str]:
    if sum(map(len, warnings)) <= MOST_WARNED:
        return warnings
    out: list[str] = []
    written = 0
    for warning in warnings:
        if written >= MOST_WARNED:
            break
        out.append(warning[:MOST_OF_EACH])
        written += len(out[-1])
    return out


def warning_headers(warnings: Sequence[str]) -> list[tuple[str, str]]:
    """Each text once, as the HTTP header has it; where all together are too long, of each the beginning."""
    out = []
    for warning in _short_enough(list(dict.fromkeys(warnings))):
        clean = "".join(c if c.isprintable() else " " for c in warning)
        quoted = clean.replace("\\", "\\\\").replace('"', '\\"')
        out.append(("Warning", f'299 - "{quoted}"'))
    return out
