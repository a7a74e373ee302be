"""Every type filled in completely, as Kubernetes itself writes it.  Skips where the oracle is not there."""

import json
import pathlib

import pytest

from steersman.api import codec
from steersman.api.codec import protobuf
from steersman.api.codec.protobuf import kinds

OBJECTS = pathlib.Path(__file__).resolve().parents[4] / "shared" / "oracle" / "objects"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not OBJECTS.is_dir(), reason="the oracle is not beside the project"),
]


def test_protobuf_gives_the_tree_that_json_gives_and_is_written_byte_for_byte() -> None:
    compared = 0
    for path in sorted(OBJECTS.glob("*.pb")):
        tree = json.loads(path.with_suffix(".json").read_bytes())
        try:
            node = kinds.node(tree.get("apiVersion", ""), tree.get("kind", ""))
        except protobuf.NoProtobuf:
            continue  # a version that is not served any more
        body = path.read_bytes()
        decoded = protobuf.decode_body(body)
        assert decoded == codec.accept(node, tree).tree, path.name
        assert protobuf.encode_body(decoded) == body, path.name
        compared += 1
    assert compared >= 100
