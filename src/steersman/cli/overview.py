"""What a running cluster holds, in a few figures: asked of its API server, counted without decoding the rest."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from steersman.client import http as https
from steersman.client import kubeconfig
from steersman.kit import clock, http

PATIENCE = 3.0
"""Seconds for the answers; a person waits for them."""


class Unanswered(Exception):
    """The API server gave no figures; one line."""


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _NodeStatus(msgspec.Struct):
    conditions: list[_Condition] = []


class _Meta(msgspec.Struct):
    name: str = ""


class _Node(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    status: _NodeStatus = msgspec.field(default_factory=_NodeStatus)


class _PodStatus(msgspec.Struct):
    phase: str = "Pending"


class _Pod(msgspec.Struct):
    status: _PodStatus = msgspec.field(default_factory=_PodStatus)


class _Nodes(msgspec.Struct):
    items: list[_Node] = []


class _Pods(msgspec.Struct):
    items: list[_Pod] = []


T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Overview:
    ready: Sequence[str]
    waiting: Sequence[str]
    """Nodes that are not Ready."""
    phases: Sequence[tuple[str, int]]
    """Pods by phase, the most frequent first."""

    @property
    def nodes(self) -> str:
        text = f"{len(self.ready)} of {len(self.ready) + len(self.waiting)} Ready"
        if not self.waiting:
            return text
        more = f" and {len(self.waiting) - 3} more" if len(self.waiting) > 3 else ""
        return f"{text}; not {', '.join(self.waiting[:3])}{more}"

    @property
    def pods(self) -> str:
        parts = ", ".join(f"{count} {phase}" for phase, count in self.phases)
        total = sum(count for _, count in self.phases)
        return f"{total} ({parts})" if parts else "none"


def count(nodes: bytes, pods: bytes) -> Overview:
    """The figures from the bodies of two lists."""
    found = msgspec.json.decode(nodes, type=_Nodes).items
    ready = [each.metadata.name for each in found if _is_ready(each)]
    phases = Counter(each.status.phase for each in msgspec.json.decode(pods, type=_Pods).items)
    return Overview(ready, [each.metadata.name for each in found if not _is_ready(each)], phases.most_common())


def _is_ready(node: _Node) -> bool:
    return any(each.type == "Ready" and each.status == "True" for each in node.status.conditions)


async def ask(admin: Path, time: clock.Clock) -> Overview:
    """The figures of the cluster that a kubeconfig reaches.  Raises Unanswered."""
    try:
        transport = https.HttpTransport(kubeconfig.load(admin))
    except kubeconfig.KubeconfigError as error:
        raise Unanswered(str(error)) from error
    try:
        async with time.timeout(PATIENCE):
            bodies = [await _get(transport, f"/api/v1/{name}") for name in ("nodes", "pods")]
    except TimeoutError as error:
        raise Unanswered(f"no answer within {PATIENCE:.0f} s") from error
    except ConnectionError as error:
        raise Unanswered(str(error)) from error
    finally:
        await transport.close()
    try:
        return count(*bodies)
    except msgspec.MsgspecError as error:
        raise Unanswered(f"its answer is not a list: {error}") from error


async def _get(transport: https.HttpTransport, path: str) -> bytes:
    answer = await transport.send(http.Request("GET", path, headers={"accept": "application/json"}))
    assert isinstance(answer, http.Response)
    if answer.status != 200:
        raise Unanswered(f"{path} answers {answer.status}")
    return answer.body
