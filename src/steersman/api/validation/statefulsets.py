"""StatefulSets and ControllerRevisions."""

from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import claims, counts, internal, workloads
from steersman.api.validation.errors import Errors

_RETENTION = ("Retain", "Delete")
_ROLLING = (("Partition", "partition", 0), ("MaxUnavailable", "maxUnavailable", None))
_STRATEGY = (("Type", "type", ""), ("RollingUpdate", "rollingUpdate", _ROLLING))
_MUTABLE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
)  # fmt: skip
_FORBIDDEN = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def create(tree: Tree, e: Errors) -> None:
    _always(tree, e, new=True)
    name = (tree.get("spec") or {}).get("serviceName")
    if name:
        e.named("spec.serviceName", name, names.dns1123_label)


def _always(tree: Tree, e: Errors, *, new: bool) -> None:
    spec = tree.get("spec") or {}
    policy = spec.get("podManagementPolicy") or ""
    if not policy:
        e.required("spec.podManagementPolicy")
    elif policy not in ("OrderedReady", "Parallel"):
        e.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")
    _strategy(spec.get("updateStrategy") or {}, e)
    retention = spec.get("persistentVolumeClaimRetentionPolicy")
    if retention is not None:
        for name in ("whenDeleted", "whenScaled"):
            e.one_of(f"spec.persistentVolumeClaimRetentionPolicy.{name}", retention.get(name) or "", _RETENTION)
    e.not_negative("spec.replicas", spec.get("replicas"))
    e.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    e.not_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    e.not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    for index, claim in enumerate((new and spec.get("volumeClaimTemplates")) or ()):
        claims.spec(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{index}].spec", e)
    found = workloads.selector(spec, e, of="statefulset", broken="")
    workloads.template(_with_claims(spec), found, e, of="StatefulSet", twice=True)


def _with_claims(spec: Tree) -> Tree:
    """The template as its pods will be: a volume for each claim, and those of the same name left out."""
    template: Any = spec.get("template") or {}
    found = [(claim.get("metadata") or {}).get("name") or "" for claim in spec.get("volumeClaimTemplates") or ()]
    made = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in dict.fromkeys(found)]
    if not made:
        return {**template}
    inner = template.get("spec") or {}
    known = {volume["name"] for volume in made}
    kept = [volume for volume in inner.get("volumes") or () if volume.get("name") not in known]
    return {**template, "spec": {**inner, "volumes": made + kept}}


def _strategy(strategy: Tree, e: Errors) -> None:
    at, kind, rolling = "spec.updateStrategy", strategy.get("type") or "", strategy.get("rollingUpdate")
    if not kind:
        e.required(at)
    elif kind == "OnDelete":
        if rolling is not None:
            shown = internal.shown(rolling, _ROLLING)
            e.raw(f"{at}.rollingUpdate", shown, "only allowed for updateStrategy 'RollingUpdate'")
    elif kind != "RollingUpdate":
        e.raw(at, internal.shown(strategy, _STRATEGY), "must be 'RollingUpdate' or 'OnDelete'")
    elif rolling is not None:
        e.not_negative(f"{at}.rollingUpdate.partition", rolling.get("partition"))
        unavailable = rolling.get("maxUnavailable")
        if unavailable is not None:
            where = f"{at}.rollingUpdate.maxUnavailable"
            counts.positive(unavailable, where, e)
            if not counts.number(unavailable):
                e.invalid(where, unavailable, "cannot be 0")
            counts.at_most_all(unavailable, where, e)


def update(new: Tree, old: Tree, e: Errors) -> None:
    _always(new, e, new=False)
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    if any(spec.get(name) != before.get(name) for name in {*spec, *before} if name not in _MUTABLE):
        e.forbidden("spec", _FORBIDDEN)


def revision(tree: Tree, e: Errors) -> None:
    """A ControllerRevision: a snapshot that does not change."""
    data = tree.get("data")
    if data is None:
        e.required("data", "data is mandatory")
    elif not isinstance(data, dict):
        e.required("data", "data must be a valid JSON object")
    e.not_negative("revision", tree.get("revision"))


def revision_update(new: Tree, old: Tree, e: Errors) -> None:
    e.not_negative("revision", new.get("revision"))
    e.immutable("data", new.get("data"), old.get("data"))
