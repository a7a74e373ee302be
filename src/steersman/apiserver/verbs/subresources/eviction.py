"""Evicting a pod: a deletion that respects the disruption budgets.

A pod that has ended, or has not begun, goes without asking.  Otherwise the one budget that covers it must allow
a disruption; it is booked in the budget's status before the pod is deleted, so that two evictions at once never
share one.
"""

import dataclasses
from typing import Any

from steersman.api import labels, schema, status
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver import plugged
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.verbs import bodies
from steersman.apiserver.verbs import delete as deleting
from steersman.apiserver.verbs.subresources import edit
from steersman.kit import http

DEFINITION = "io.k8s.api.policy.v1.Eviction"
BUDGETS = "poddisruptionbudgets.policy"
REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
MANY = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
MAX_DISRUPTED = 2000


async def create(call: Call) -> http.Response:
    options = optioned.write_options(call.request, "CreateOptions")
    eviction = await call.apart(bodies.decoded, call, options, "Eviction", "policy/v1", schema.definition(DEFINITION))
    name = call.info.name
    if eviction["metadata"].get("name") not in (None, "", name):
        raise status.bad_request("name in URL does not match name in Eviction object")
    attributes = plugged.attributes(call, "CREATE", eviction, None, dry_run=options.dry_run)
    await plugged.mutate(call, attributes)
    await plugged.validate(call, attributes)
    eviction = {**attributes.new}
    deletion = optioned.delete_options(call.request, eviction.get("deleteOptions") or {})
    deletion = dataclasses.replace(deletion, dry_run=deletion.dry_run or options.dry_run)
    registry = call.services.registry_of("pods")
    pod = registry.tree(registry.existing(call.info.namespace, name).value)
    if not _ended(pod) and not pod["metadata"].get("deletionTimestamp"):
        budget = _budget(call, pod)
        if budget is not None and not _unready_is_free(pod, budget):
            await _book(call, budget["metadata"]["name"], name, dry_run=deletion.dry_run)
    if not deletion.dry_run:
        await _mark(call, name)
    await deleting.remove(dataclasses.replace(call, registry=registry), name, deletion)
    return respond.tree(status.success(201), call.accept, 201)


def _ended(pod: Tree) -> bool:
    return at(pod, "status", "phase") in ("Succeeded", "Failed", "Pending", None)


def _budget(call: Call, pod: Tree) -> Tree | None:
    found = []
    own = pod["metadata"].get("labels") or {}
    for budget in call.services.reader.list(BUDGETS, call.info.namespace):
        if labels.from_object(at(budget, "spec", "selector")).matches(own):
            found.append(budget)
    if len(found) > 1:
        raise status.failure(500, "InternalError", MANY)
    return found[0] if found else None


def _unready_is_free(pod: Tree, budget: Tree) -> bool:
    """A pod that is not ready may go when the policy says so, or while the budget is met without it."""
    for condition in at(pod, "status", "conditions", default=()):
        if condition.get("type") == "Ready" and condition.get("status") == "True":
            return False
    if at(budget, "spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    healthy, desired = (
        at(budget, "status", "currentHealthy", default=0),
        at(budget, "status", "desiredHealthy", default=0),
    )
    return bool(healthy >= desired > 0)


async def _book(call: Call, name: str, pod: str, *, dry_run: bool) -> None:
    """Take one of the budget's disruptions.  Raises 429."""
    registry = call.services.registry_of(BUDGETS)
    now = call.now()

    def make(budget: MutableTree) -> Tree | None:
        state: dict[str, Any] = dict(budget.get("status") or {})
        if state.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
            text = f"The disruption budget {name} is still being processed by the server."
            raise _refused(text, 10)
        allowed = state.get("disruptionsAllowed", 0)
        if allowed < 0:
            raise status.forbidden("poddisruptionbudget", "", name, "pdb disruptions allowed is negative")
        if len(state.get("disruptedPods") or {}) > MAX_DISRUPTED:
            why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
            raise status.forbidden("poddisruptionbudget", "", name, why)
        if allowed == 0:
            healthy, desired = state.get("currentHealthy", 0), state.get("desiredHealthy", 0)
            raise _refused(f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently", 0)
        state["disruptionsAllowed"] = allowed - 1
        state["disruptedPods"] = {**(state.get("disruptedPods") or {}), pod: now}
        return None if dry_run else {**budget, "status": state}

    await edit.edit(call, registry, call.info.namespace, name, make)


def _refused(cause: str, retry: int) -> status.StatusError:
    error = status.failure(
        429, "TooManyRequests", REFUSED, {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
    )
    if retry:
        error.tree["details"]["retryAfterSeconds"] = retry
        error.headers = (("Retry-After", str(retry)),)
    return error


async def _mark(call: Call, name: str) -> None:
    """Say on the pod why it goes."""
    condition = {
        "type": "DisruptionTarget", "status": "True", "lastProbeTime": None, "lastTransitionTime": call.now(),
        "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting",
    }  # fmt: skip
    registry = call.services.registry_of("pods")
    await edit.edit(call, registry, call.info.namespace, name, lambda pod: edit.with_condition(pod, condition))
