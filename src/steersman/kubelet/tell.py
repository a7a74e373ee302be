"""Events about pods and the node, in one place so that reasons and messages stay together with their callers.

`Teller` is what the kubelet's parts are given; `client.events.Recorder` fits behind it.
"""

from typing import Protocol

from steersman.api.tree import Tree
from steersman.kubelet.pods import spec

NORMAL = "Normal"
WARNING = "Warning"


class Recorder(Protocol):
    def event(
        self, about: Tree, type: str, reason: str, message: str, *, action: str = "", field_path: str = ""
    ) -> None: ...


class Teller:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def pod(self, pod: Tree, type: str, reason: str, message: str) -> None:
        if "kind" not in pod:
            pod = {"kind": "Pod", "apiVersion": "v1", **pod}
        self._recorder.event(pod, type, reason, message)

    def container(self, pod: Tree, container: str, type: str, reason: str, message: str) -> None:
        if "kind" not in pod:
            pod = {"kind": "Pod", "apiVersion": "v1", **pod}
        self._recorder.event(pod, type, reason, message, field_path=spec.field_path(pod, container))

    def node(self, name: str, uid: str, type: str, reason: str, message: str) -> None:
        about = {"kind": "Node", "apiVersion": "v1", "metadata": {"name": name, "uid": uid or name}}
        self._recorder.event(about, type, reason, message)
