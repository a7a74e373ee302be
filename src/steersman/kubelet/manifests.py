"""Static pods from files: a folder of manifests, read again when something in it changes.

A file holds one pod, as YAML or JSON.  Its uid is a hash of its content, the node and the file's name, so a
changed file is another pod.  A file that cannot be read is told once, with the reason, and leaves the others
alone; while it is broken its pod, if it had one, is gone.
"""

import dataclasses
import hashlib
import logging
import pathlib
from collections.abc import Callable, Mapping

import msgspec

from steersman.api import times
from steersman.api.tree import MutableTree, Tree
from steersman.kit.clock import Clock
from steersman.kubelet.pods import spec

log = logging.getLogger(__name__)

SIZE_LIMIT = 10 << 20


class BadManifest(Exception):
    """Not a pod; one line that says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Seen:
    stamp: tuple[int, int]
    pod: Tree | None


class Manifests:
    def __init__(
        self,
        folder: pathlib.Path,
        node_name: str,
        clock: Clock,
        on_pods: Callable[[Mapping[str, Tree]], None],
        defaults: Callable[[Tree], Tree] = lambda pod: pod,
    ) -> None:
        """`on_pods` gets all static pods by uid whenever they change (and once at first); `defaults` fills in what
        the API server fills in for others."""
        self._folder = folder
        self._node_name = node_name
        self._clock = clock
        self._on_pods = on_pods
        self._defaults = defaults
        self._seen: dict[str, _Seen] = {}

    async def run(self, period: float) -> None:
        first = True
        while True:
            if self.read() or first:
                first = False
                self._on_pods(self.pods())
            await self._clock.sleep(period)

    def pods(self) -> Mapping[str, Tree]:
        found: dict[str, Tree] = {}
        names: set[tuple[str, str]] = set()
        for file in sorted(self._seen):
            pod = self._seen[file].pod
            if pod is None:
                continue
            name = (spec.namespace(pod), spec.name(pod))
            if name in names:
                log.error("static pod %s: %s/%s is in another file already", file, *name)
                continue
            names.add(name)
            found[spec.uid(pod)] = pod
        return found

    def read(self) -> bool:
        """Look at the folder; whether any file has changed."""
        present: dict[str, tuple[int, int]] = {}
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name.startswith(".") or not path.is_file():
                    continue
                state = path.stat()
                present[path.name] = (state.st_mtime_ns, state.st_size)
        changed = False
        for name in set(self._seen) - set(present):
            del self._seen[name]
            changed = True
        for name, stamp in present.items():
            known = self._seen.get(name)
            if known is not None and known.stamp == stamp:
                continue
            changed = True
            try:
                pod = self.load(self._folder / name)
            except (BadManifest, OSError) as error:
                log.error("static pod file %s is not used: %s", self._folder / name, error)
                pod = None
            self._seen[name] = _Seen(stamp, pod)
        return changed

    def load(self, path: pathlib.Path) -> Tree:
        if path.stat().st_size > SIZE_LIMIT:
            raise BadManifest(f"larger than {SIZE_LIMIT >> 20} MiB")
        made = self._defaults(static_pod(parse(path.read_bytes()), str(path), self._node_name, self._clock.now()))
        if not isinstance(made["spec"].get("containers"), list) or not made["spec"]["containers"]:
            raise BadManifest("spec.containers: Required value")
        return made


def parse(data: bytes) -> MutableTree:
    """One pod from JSON or YAML.  Raises BadManifest."""
    try:
        found = msgspec.json.decode(data)
    except msgspec.DecodeError:
        import yaml  # with the first manifest that is not JSON

        try:
            found = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  it is a safe one
        except yaml.YAMLError as error:
            raise BadManifest(f"neither JSON nor YAML: {' '.join(str(error).split())}") from error
        except RecursionError as error:
            raise BadManifest("nested too deep") from error
    if not isinstance(found, dict) or found.get("kind") != "Pod" or found.get("apiVersion") != "v1":
        raise BadManifest("not a v1 Pod")
    if not isinstance(found.get("metadata"), dict) or not found["metadata"].get("name"):
        raise BadManifest("metadata.name: Required value")
    if not isinstance(found.get("spec"), dict):
        raise BadManifest("spec: Required value")
    return found


def static_pod(found: MutableTree, source: str, node_name: str, now: float) -> MutableTree:
    """The pod as this node runs it."""
    digest = hashlib.md5(usedforsecurity=False)
    digest.update(msgspec.json.encode(found, order="sorted"))
    digest.update(f"host:{node_name}file:{source}".encode())
    uid = digest.hexdigest()
    meta = dict(found["metadata"])
    meta["uid"] = meta.get("uid") or uid
    meta["name"] = f"{meta['name']}-{node_name.lower()}"
    meta["namespace"] = meta.get("namespace") or "default"
    meta["annotations"] = {
        **(meta.get("annotations") or {}),
        spec.CONFIG_HASH: uid,
        spec.CONFIG_SEEN: times.micros(now),
        spec.CONFIG_SOURCE: "file",
    }
    body = {**found["spec"], "nodeName": node_name}
    tolerations = list(body.get("tolerations") or ())
    tolerations.append({"effect": "NoExecute", "operator": "Exists"})
    body["tolerations"] = tolerations
    body.setdefault("enableServiceLinks", True)
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": body, "status": {"phase": "Pending"}}
