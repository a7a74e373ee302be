"""The query and path parameters of requests, as OpenAPI describes them."""

from collections.abc import Iterable
from typing import Any

LIST = (
    "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion",
    "resourceVersionMatch", "sendInitialEvents", "shardSelector", "timeoutSeconds", "watch",
)  # fmt: skip
DELETE = (
    "dryRun", "gracePeriodSeconds", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents",
    "propagationPolicy",
)  # fmt: skip
DELETE_COLLECTION = tuple(sorted({*DELETE, *LIST} - {"allowWatchBookmarks", "watch"}))
WRITE = ("dryRun", "fieldManager", "fieldValidation")
PATCH = (*WRITE, "force")
LOG = (
    "container", "follow", "insecureSkipTLSVerifyBackend", "limitBytes", "previous", "sinceSeconds", "stream",
    "tailLines", "timestamps",
)  # fmt: skip
CONNECT = {
    "attach": ("container", "stderr", "stdin", "stdout", "tty"),
    "exec": ("command", "container", "stderr", "stdin", "stdout", "tty"),
    "portforward": ("ports",),
    "proxy": ("path",),
}

_TYPES = {
    **dict.fromkeys(
        (
            "allowWatchBookmarks", "follow", "force", "ignoreStoreReadErrorWithClusterBreakingPotential",
            "insecureSkipTLSVerifyBackend", "orphanDependents", "previous", "sendInitialEvents", "stderr", "stdin",
            "stdout", "timestamps", "tty", "watch",
        ),
        "boolean",
    ),
    **dict.fromkeys(
        ("gracePeriodSeconds", "limit", "limitBytes", "ports", "sinceSeconds", "tailLines", "timeoutSeconds"),
        "integer",
    ),
}  # fmt: skip

_TEXTS = {
    "allowWatchBookmarks": "Of a watch: also send events that carry nothing but the current resourceVersion.",
    "command": "The command to run and its arguments; not run in a shell.",
    "container": "The container to use; needed only where the pod has several.",
    "continue": "Goes on with a list that a limit cut off; as the answer to the request before gave it.",
    "dryRun": "With All, go through every stage of the request but store nothing.",
    "fieldManager": "The name under which the fields written are owned; required for apply.",
    "fieldSelector": "Only objects whose fields match.",
    "fieldValidation": "What becomes of unknown and duplicate fields: Ignore, Warn (the default) or Strict.",
    "follow": "Keep sending what is logged.",
    "force": "Of an apply: take over fields that others own.",
    "gracePeriodSeconds": "How long the object may take to end; 0 is at once.",
    "ignoreStoreReadErrorWithClusterBreakingPotential": "Delete an object that cannot be read, without any checks.",
    "insecureSkipTLSVerifyBackend": "Do not verify the kubelet's certificate.",
    "labelSelector": "Only objects whose labels match.",
    "limit": "At most so many objects; the rest by `continue`.",
    "limitBytes": "End the log after so many bytes.",
    "namespace": "object name and auth scope, such as for teams and projects",
    "orphanDependents": "Deprecated: use propagationPolicy.",
    "path": "The path to request behind the proxy.",
    "ports": "The ports to forward; required for WebSockets.",
    "pretty": "Indent the answer.",
    "previous": "The log of the container's previous run.",
    "propagationPolicy": "What becomes of dependents: Orphan, Background or Foreground.",
    "resourceVersion": "The oldest state that the answer may show, or where a watch begins.",
    "resourceVersionMatch": "How resourceVersion is meant: Exact or NotOlderThan.",
    "sendInitialEvents": "Of a watch: begin with what is there, then a bookmark that says so.",
    "shardSelector": "Only objects of a range of hashes; off unless the alpha feature ShardedListAndWatch is on.",
    "sinceSeconds": "Only what was logged in the last so many seconds.",
    "stderr": "Connect standard error.",
    "stdin": "Connect standard input.",
    "stdout": "Connect standard output.",
    "stream": "Which of the container's streams: All, Stdout or Stderr.",
    "tailLines": "Only the last so many lines.",
    "timeoutSeconds": "End the call after so long.",
    "timestamps": "Begin each line with the time it was logged.",
    "tty": "Use a terminal.",
    "watch": "Send changes as they come instead of a list.",
}


def parameter(name: str, kind: str = "", *, in_path: bool = False) -> dict[str, Any]:
    text = f"name of the {kind}" if name == "name" else _TEXTS[name]
    if in_path and name == "path":
        text = "path to the resource"
    made: dict[str, Any] = {"description": text, "in": "path" if in_path else "query", "name": name}
    if in_path:
        made["required"] = True
    made["schema"] = {"type": _TYPES.get(name, "string"), "uniqueItems": True}
    return made


def query(names: Iterable[str]) -> list[dict[str, Any]]:
    return [parameter(name) for name in sorted(names)]
