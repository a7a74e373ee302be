"""A small kopf operator over a custom resource, run by test_kopf_custom_resources.py in a process of its own.

An Engine gets a config map that belongs to it; a timer counts in its status while it runs; kopf keeps its own
progress in annotations and its finalizer (a name without a domain) on the object, and writes handlers' results to
the status.
"""

from typing import Any

import kopf
import kubernetes

GROUP = "engines.steersman.dev"


def core() -> Any:
    return kubernetes.client.CoreV1Api()


def note(namespace: str | None, key: str, value: str) -> None:
    core().patch_namespaced_config_map("yard", namespace, {"data": {key: value}})


@kopf.on.startup()
def patient(settings: kopf.OperatorSettings, **_: Any) -> None:
    settings.posting.enabled = False
    settings.persistence.finalizer = "engines-finalizer"


@kopf.on.create(GROUP, "v1", "engines")
def created(name: str, namespace: str | None, spec: kopf.Spec, body: kopf.Body, **_: Any) -> dict[str, Any]:
    child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"power": str(spec["power"])}}
    kopf.adopt(child, owner=body)
    core().create_namespaced_config_map(namespace, child)
    return {"power": spec["power"]}


@kopf.on.update(GROUP, "v1", "engines", field="spec.power")
def tuned(name: str, namespace: str | None, new: Any, **_: Any) -> None:
    patch = {"data": {"power": str(new)}}
    core().patch_namespaced_config_map(name, namespace, patch)


@kopf.timer(GROUP, "v1", "engines", interval=0.2, when=lambda spec, **_: bool(spec.get("running")))
def ticked(status: kopf.Status, patch: kopf.Patch, **_: Any) -> None:
    patch.status["ticks"] = int(status.get("ticks") or 0) + 1


@kopf.daemon(GROUP, "v1", "engines", cancellation_timeout=1.0)
async def watched(name: str, namespace: str | None, stopped: kopf.DaemonStopped, **_: Any) -> None:
    note(namespace, f"{name}-daemon", "runs")
    await stopped.wait()
    note(namespace, f"{name}-daemon", "ended")


@kopf.on.delete(GROUP, "v1", "engines")
def deleted(name: str, namespace: str | None, **_: Any) -> None:
    note(namespace, name, "scrapped")
