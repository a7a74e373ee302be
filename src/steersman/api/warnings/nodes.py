"""Which nodes a pod wants, and near or far from which pods: labels that are gone, selectors that match nothing."""

from steersman.api import names
from steersman.api.field import Path
from steersman.api.tree import Tree

_LABELS = {
    "beta.kubernetes.io/arch": ("1.14", "kubernetes.io/arch"),
    "beta.kubernetes.io/os": ("1.14", "kubernetes.io/os"),
    "failure-domain.beta.kubernetes.io/region": ("1.17", "topology.kubernetes.io/region"),
    "failure-domain.beta.kubernetes.io/zone": ("1.17", "topology.kubernetes.io/zone"),
    "beta.kubernetes.io/instance-type": ("1.17", "node.kubernetes.io/instance-type"),
}
_REQUIRED, _PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)
_NULL = "a null labelSelector results in matching no pod"


def deprecated(label: str) -> str:
    """What is to be said about a node label, if anything."""
    since, instead = _LABELS.get(label, ("", ""))
    return f'deprecated since v{since}; use "{instead}" instead' if since else ""


def selector(spec: Tree, path: Path) -> list[str]:
    warnings = [
        f"{path.child('nodeSelector').key(key)}: {deprecated(key)}"
        for key in spec.get("nodeSelector") or ()
        if key in _LABELS
    ]
    affinity = (spec.get("affinity") or {}).get("nodeAffinity")
    if affinity:
        where = path.child("affinity", "nodeAffinity")
        required = (affinity.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ()
        for index, each in enumerate(required):
            warnings += term(each, where.child(_REQUIRED, "nodeSelectorTerms").index(index))
        for index, each in enumerate(affinity.get(_PREFERRED) or ()):
            there = where.child(_PREFERRED).index(index).child("preference")
            warnings += term(each.get("preference") or {}, there, values=True)
    for index, each in enumerate(spec.get("topologySpreadConstraints") or ()):
        where = path.child("topologySpreadConstraints").index(index)
        key = each.get("topologyKey") or ""
        if key in _LABELS:
            warnings.append(f"{where.child('topologyKey')}: {key} is {deprecated(key)}")
        if each.get("labelSelector") is None:
            warnings.append(f"{where.child('labelSelector')}: {_NULL}")
    return warnings


def term(of: Tree, where: Path, *, values: bool = False) -> list[str]:
    """Of one term of a node selector; `values` also looks whether any node could have them."""
    warnings = []
    for index, expression in enumerate(of.get("matchExpressions") or ()):
        place, key = where.child("matchExpressions").index(index), expression.get("key") or ""
        if key in _LABELS:
            warnings.append(f"{place.child('key')}: {key} is {deprecated(key)}")
        for number, value in enumerate((expression.get("values") or ()) if values else ()):
            for text in names.label_value(value):
                warnings.append(f"{place.child('values').index(number)}: {value} is invalid, {text}")
    return warnings


def pod_terms(spec: Tree, path: Path) -> list[str]:
    """Pods near which, or far from which, it wants to be."""
    warnings: list[str] = []
    if not spec.get("affinity"):
        return warnings
    for kind in ("podAffinity", "podAntiAffinity"):
        affinity = spec["affinity"].get(kind)
        if not affinity:
            continue
        where = path.child("affinity", kind)
        for index, each in enumerate(affinity.get(_REQUIRED) or ()):
            if each.get("labelSelector") is None:
                warnings.append(f"{where.child(_REQUIRED).index(index).child('labelSelector')}: {_NULL}")
        for index, each in enumerate(affinity.get(_PREFERRED) or ()):
            if (each.get("podAffinityTerm") or {}).get("labelSelector") is None:
                there = where.child(_PREFERRED).index(index).child("podAffinityTerm", "labelSelector")
                warnings.append(f"{there}: {_NULL}")
    return warnings
