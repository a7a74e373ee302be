"""A small kopf operator over config maps, run by test_kopf_operator.py in a process of its own.

A config map labelled `paint` gets the annotation `painted`, a child that belongs to it, and an event; when it is
deleted, what it was is written to the config map `diary` before kopf lets it go.
"""

from typing import Any

import kopf
import kubernetes


@kopf.on.startup()
def patient(settings: kopf.OperatorSettings, **_: Any) -> None:
    settings.posting.enabled = True
    settings.persistence.finalizer = "compat.test/colours"


def core() -> Any:
    return kubernetes.client.CoreV1Api()


@kopf.on.create("v1", "configmaps", labels={"paint": kopf.PRESENT})
def created(name: str, namespace: str | None, body: kopf.Body, meta: kopf.Meta, patch: kopf.Patch, **_: Any) -> None:
    child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-child"}, "data": {"of": name}}
    kopf.adopt(child, owner=body)
    core().create_namespaced_config_map(namespace, child)
    patch.metadata.annotations["painted"] = meta.labels["paint"]
    kopf.info(body, reason="Painted", message=f"in {meta.labels['paint']}")


@kopf.on.update("v1", "configmaps", labels={"paint": kopf.PRESENT}, field="data.shade")
def shaded(old: Any, new: Any, patch: kopf.Patch, **_: Any) -> None:
    patch.metadata.annotations["shaded"] = f"{old}-{new}"


@kopf.on.delete("v1", "configmaps", labels={"paint": kopf.PRESENT})
def deleted(name: str, namespace: str | None, **_: Any) -> None:
    core().patch_namespaced_config_map("diary", namespace, {"data": {name: "gone"}})
