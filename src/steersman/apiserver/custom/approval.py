"""The condition that says whether a group of Kubernetes' own is approved; other groups have none."""

from steersman.api.tree import Tree
from steersman.api.validation import crds

_REASONS = {
    "missing": ("False", "MissingAnnotation"),
    "invalid": ("False", "InvalidAnnotation"),
    "approved": ("True", "ApprovedAnnotation"),
    "bypassed": ("False", "UnapprovedAnnotation"),
}


def condition(definition: Tree) -> dict[str, str] | None:
    if not crds.is_protected(definition["spec"].get("group") or ""):
        return None
    state, message = crds.approval(definition)
    status, reason = _REASONS[state]
    return {
        "type": "KubernetesAPIApprovalPolicyConformant", "status": status, "reason": reason, "message": message,
    }  # fmt: skip
