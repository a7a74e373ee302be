"""The oracle's scenarios, as far as a cluster without real containers can play them.

Compared: what controllers and scheduler make of the objects (not the pods' own status) and the events that
they tell.  The stand-in node runs every pod; scenarios that hang on what happens in a container are left to
the full comparison on a real cluster.
"""

import gzip
import json
import pathlib
import re
from typing import Any

import pytest

from scenarios.virtual_cluster import VirtualCluster
from steersman.api import resources
from steersman.client import errors
from steersman.client.client import PatchKind

PATH = pathlib.Path(__file__).parents[3] / "shared" / "oracle" / "behaviour.json.gz"
NAMES = (
    "sched-too-big",
    "sched-memory-too-big",
    "sched-selector",
    "sched-pod-affinity",
    "sched-hostport-conflict",
    "sched-unbound-claim",
    "deploy-rolls-out",
    "deploy-updated",
    "deploy-rolled-back",
    "deploy-paused",
    "deploy-pod-deleted",
    "deploy-deleted-orphan",
    "deploy-quota-blocks",
    "deploy-no-serviceaccount",
    "rs-releases",
    "svc-headless-no-selector",
    "pvc-binds-pv",
    "namespace-fresh",
    "owner-missing",
    "svc-endpoints",
    "pod-missing-claim",
)
OURS = {
    "Scheduled",
    "FailedScheduling",
    "ScalingReplicaSet",
    "SuccessfulCreate",
    "SuccessfulDelete",
    "FailedCreate",
    "FailedBinding",
}
NOISE = {"lastTransitionTime", "lastUpdateTime", "observedGeneration", "lastProbeTime", "startTime", "collisionCount"}
KINDS = (
    "deployments.apps",
    "replicasets.apps",
    "persistentvolumeclaims",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "services",
    "configmaps",
    "serviceaccounts",
)
HASH = r"-[bcdfghjklmnpqrstvwxz2456789]"
HASHED = re.compile(f"{HASH}{{8,10}}({HASH}{{5}})?\\b|{HASH}{{5}}\\b")


def plain(text: str, namespace: str) -> str:
    text = text.replace(namespace, "{ns}")
    text = re.sub(r"to \S+$", "<node>", text)
    text = re.sub(r"\bn1\b", "<node>", text)
    return HASHED.sub("-<hash>", text)


def masked(value: Any, namespace: str) -> Any:
    if isinstance(value, dict):
        return {key: masked(each, namespace) for key, each in value.items() if key not in NOISE}
    if isinstance(value, (list, tuple)):
        items = [masked(each, namespace) for each in value]
        if items and all(isinstance(each, dict) and ("type" in each or "name" in each) for each in items):
            items.sort(key=lambda each: str(each.get("type") or each.get("name")))
        return items
    return plain(value, namespace) if isinstance(value, str) else value


def scenarios() -> list[Any]:
    if not PATH.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="no oracle beside the project"))]
    with gzip.open(PATH, "rt") as file:
        found = {each["name"]: each for each in json.load(file)}
    return [pytest.param(found[name], id=name) for name in NAMES]


async def play(cluster: VirtualCluster, scenario: dict[str, Any], namespace: str) -> None:
    def own(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("{ns}", namespace))

    client = cluster.client
    await client.create("namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": namespace}})
    await cluster.clock.advance(0.2)
    for tree in own(scenario["objects"]):
        kind = resources.by_kind(tree["apiVersion"], tree["kind"])
        assert kind is not None
        await client.create(kind, tree, namespace if kind.namespaced else "")
    await cluster.clock.advance(scenario["settle"])
    for action, *rest in own(scenario["actions"]):
        if action == "sleep":
            await cluster.clock.advance(rest[0])
        elif action == "patch":
            await client.raw("PATCH", rest[0], body=rest[2], content_type=PatchKind(rest[1]).value)
        elif action == "post":
            await client.raw("POST", rest[0], body=rest[1])
        else:
            try:
                await client.raw("DELETE", rest[0], body=rest[1] if len(rest) > 1 else None)
            except errors.NotFound:
                continue
        await cluster.clock.settle()


async def observed(cluster: VirtualCluster, namespace: str) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for resource in KINDS:
        for tree in await cluster.items(resource, namespace):
            meta = tree["metadata"]
            entry: dict[str, Any] = {
                "owners": sorted(each["kind"] for each in meta.get("ownerReferences", [])),
                "deleting": "deletionTimestamp" in meta,
                "labels": sorted(meta.get("labels", {})),
                "finalizers": sorted(meta.get("finalizers", [])),
                "annotations": sorted(
                    key for key in meta.get("annotations", {}) if not key.endswith("last-change-trigger-time")
                ),
            }
            if resource.startswith("endpointslices"):
                entry["endpoints"] = len(tree.get("endpoints") or ())
                entry["ports"] = tree.get("ports")
            elif resource == "endpoints":
                entry["subsets"] = [
                    [len(each.get("addresses") or ()), len(each.get("notReadyAddresses") or ()), each.get("ports")]
                    for each in tree.get("subsets") or ()
                ]
            elif "status" in tree:
                entry["status"] = masked(tree["status"], namespace)
            key = f"{resource.split('.')[0]}/{plain(meta['name'], namespace)}"
            state.setdefault(key, []).append(entry)
    for entries in state.values():
        entries.sort(key=lambda each: json.dumps(each, sort_keys=True))
    return state


def expected(scenario: dict[str, Any]) -> dict[str, Any]:
    state = {}
    for key, entries in scenario["result"]["state"].items():
        if key.split("/")[0] not in {each.split(".")[0] for each in KINDS}:
            continue
        state[key] = [dict(each) for each in entries]
        for entry in state[key]:
            if "endpoints" in entry:
                entry["endpoints"] = len(entry["endpoints"])
        state[key].sort(key=lambda each: json.dumps(each, sort_keys=True))
    return state


@pytest.mark.oracle
@pytest.mark.parametrize("scenario", scenarios())
async def test_the_settled_state_and_the_events_are_the_same(cluster: VirtualCluster, scenario: dict[str, Any]) -> None:
    await cluster.add_node("n1")
    namespace = "b-test-1"
    await play(cluster, scenario, namespace)
    told = {
        (each["involvedObject"]["kind"], each["type"], each["reason"], plain(each["message"], namespace))
        for each in await cluster.items("events", namespace)
        if each["reason"] in OURS
    }
    assert told == {tuple(each) for each in scenario["result"]["events"] if each[2] in OURS}
    assert await observed(cluster, namespace) == expected(scenario)
