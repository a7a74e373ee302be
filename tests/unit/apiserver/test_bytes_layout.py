import json

from steersman.apiserver.registry import layout
from steersman.apiserver.registry.layout import Layout, stamped

POD = {"metadata": {"name": "a", "resourceVersion": "1"}, "spec": {"x": [1]}, "kind": "Pod", "apiVersion": "v1"}
LAYOUT = Layout("Pod", "v1")


def _stored(revision: int) -> bytes:
    head, tail = LAYOUT.pack(POD)
    return b"%b%d%b" % (head, revision, tail)


def test_the_revision_stands_at_a_known_place() -> None:
    value = _stored(41)
    assert value.startswith(LAYOUT.head + b"41")
    assert json.loads(value)["metadata"] == {"name": "a", "resourceVersion": "41"}


def test_an_item_of_a_list_has_no_type() -> None:
    assert json.loads(LAYOUT.item(_stored(7))) == {
        "metadata": {"name": "a", "resourceVersion": "7"},
        "spec": {"x": [1]},
    }


def test_another_revision_is_spliced() -> None:
    assert layout.at_revision(_stored(9), 9, 1000) == _stored(1000)


def test_another_version_is_another_front() -> None:
    served = LAYOUT.served_as(_stored(3), Layout("Pod", "v2"))
    assert json.loads(served)["apiVersion"] == "v2"
    assert json.loads(served)["metadata"]["resourceVersion"] == "3"


def test_a_stamped_tree_shares_everything_else() -> None:
    tree = stamped(POD, 5, "Pod", "v1")
    assert tree["metadata"]["resourceVersion"] == "5"
    assert tree["spec"] is POD["spec"]
    assert POD["metadata"]["resourceVersion"] == "1"  # type: ignore[index]
