"""What is shot: values that no client of good will sends, and objects that are almost right.

Almost right is what gets deepest: `mutated` takes a valid object and spoils it in one to three places, by a value of
the wrong type, one of the right type that makes no sense, a field that the type has and the object had not, or by
leaving something out.
"""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
from hypothesis import strategies as st

from steersman.api.schema.node import Node

MORE = int(os.environ.get("HOSTILE_EXAMPLES", "0"))
"""For a long run by hand, with other shots each time."""
SETTINGS = hypothesis.settings(
    max_examples=MORE or 80, deadline=None, derandomize=not MORE, database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)  # fmt: skip
TEXTS = st.sampled_from([
    "", "x", "a", "\0", "é", "a" * 300, "1Gi", "-1", "..", "/", "a/b", "../../x", "0", "10%", "TCP", "true", "null",
    "🙂",
    "Exists", "In", "NotIn", "v1", "apps/v1", "10.0.0.1", "::1", "10.0.0.0/8", "2001:db8::/33", "2026-01-01T00:00:00Z",
    "0000-12-31T23:59:59-14:00", "9999-12-31T23:59:59-14:00", "a,b", "*", "(", "[a", "%s", "{}", "$(A)", "${", "a=b",
    "1e400", "9" * 40, " ", "\n", "metadata.name", "default", "Pod", "Service", "example.com/x", "ClusterIP", "Never",
    "ExternalName", "LoadBalancer", "None", "Resource", "Utilization", "requests.storage", "count/pods.x", "50%",
    "1.5%",
])  # fmt: skip
NUMBERS = st.sampled_from([
    0, -1, 1, 2, 80, 65535, 65536, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63 - 1, 2**63, -(2**63), 2**70, 10**30, 1.5,
    1e308, -0.0, 1e-9,
])  # fmt: skip
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
JUNK = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
QUANTITIES = st.sampled_from(
    ["1", "100m", "1Gi", "-1", "0", "1e3", "0.000000001", "9" * 40, "1e100", "-0", "", "x", 1, 1.5, 10**30, "1E1000000"]
)
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "x", None, 3])
BYTES = st.sampled_from(["", "dg==", "x", "AAAA", [1, 2], "\n"])


@st.composite
def typed(draw: st.DrawFn, node: Node | None, depth: int = 0) -> Any:
    """A value of a type: fit in form, seldom in meaning."""
    if node is None or depth > 6 or draw(st.integers(0, 30)) == 0:
        return draw(JUNK)
    match node.kind:
        case "object":
            names = draw(st.lists(st.sampled_from(sorted(node.fields)), max_size=3)) if node.fields else []
            return {name: draw(typed(node.fields[name], depth + 1)) for name in names}
        case "map":
            return {name: draw(typed(node.item, depth + 1)) for name in draw(st.lists(TEXTS, max_size=2))}
        case "list":
            return [draw(typed(node.item, depth + 1)) for _ in range(draw(st.integers(0, 2)))]
    kinds = {
        "string": TEXTS, "integer": NUMBERS, "number": NUMBERS, "boolean": st.booleans(), "quantity": QUANTITIES,
        "int-or-string": NUMBERS | TEXTS, "time": TIMES, "micro-time": TIMES, "bytes": BYTES,
    }  # fmt: skip
    return draw(kinds.get(node.kind, JUNK))


def paths(tree: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place below the root."""
    children: Any = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, child in children:
        yield (*at, step)
        yield from paths(child, (*at, step))


def type_at(node: Node | None, path: tuple[str | int, ...]) -> Node | None:
    for step in path:
        if node is None:
            return None
        node = node.item if isinstance(step, int) else node.child(step)
    return node


def copied(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: copied(value) for key, value in tree.items()}
    return [copied(value) for value in tree] if isinstance(tree, list) else tree


@st.composite
def mutated(draw: st.DrawFn, tree: Any, node: Node) -> Any:
    tree = copied(tree)
    for _ in range(draw(st.integers(1, 3))):
        places = list(paths(tree))
        if not places:
            break
        path = draw(st.sampled_from(places))
        parent = tree
        for step in path[:-1]:
            parent = parent[step]
        of = type_at(node, path)
        match draw(st.sampled_from(["drop", "junk", "typed", "more", "more"])):
            case "drop":
                del parent[path[-1]]
            case "junk":
                parent[path[-1]] = draw(JUNK)
            case "typed":
                parent[path[-1]] = draw(typed(of))
            case "more":
                value = parent[path[-1]]
                if isinstance(value, dict) and of is not None and of.kind == "object" and of.fields:
                    name = draw(st.sampled_from(sorted(of.fields)))
                    value[name] = draw(typed(of.fields[name]))
                elif isinstance(value, list) and of is not None:
                    value.append(draw(typed(of.item)))
                elif isinstance(value, dict):
                    value[draw(TEXTS)] = draw(JUNK)
    return tree


PIECES = st.sampled_from([
    b'"', b"{", b"[", b"}", b"]", b"\\", b"\0", b"\xff", b"null", b"1e999", b",", b":", b"\\ud800", b"*a", b"&a ",
    b"!!binary ", b"<<: ", b"---\n", b"- ", b"\t", b"'", b"#", b"|", b">", b"%", b"@", b"`", b"9" * 5000,
])  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """Bytes with a few of them changed, lost or added."""
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(["insert", "remove", "cut", "replace"])):
            case "insert":
                body = body[:at] + draw(PIECES | st.binary(max_size=4)) + body[at:]
            case "remove":
                body = body[:at] + body[at + draw(st.integers(1, 10)) :]
            case "cut":
                body = body[:at]
            case "replace":
                body = body[:at] + draw(st.binary(min_size=1, max_size=1)) + body[at + 1 :]
    return body
