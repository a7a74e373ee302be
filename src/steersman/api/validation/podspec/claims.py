"""Claims of devices that a pod makes, and requests of a pod as a whole."""

from collections.abc import Sequence

from steersman.api import names, quantity
from steersman.api.defaults import totals
from steersman.api.tree import Tree
from steersman.api.validation import internal
from steersman.api.validation.errors import Errors

_SHAPE = (
    ("Name", "name", ""),
    ("ResourceClaimName", "resourceClaimName", None),
    ("ResourceClaimTemplateName", "resourceClaimTemplateName", None),
)


def claims(items: Sequence[Tree], at: str, e: Errors) -> None:
    seen: set[str] = set()
    for index, claim in enumerate(items):
        where, name = f"{at}[{index}]", claim.get("name") or ""
        if not name:
            e.required(f"{where}.name")
        elif name in seen:
            e.duplicate(f"{where}.name", name)
        else:
            e.named(f"{where}.name", name, names.dns1123_label)
            seen.add(name)
        given, template = claim.get("resourceClaimName"), claim.get("resourceClaimTemplateName")
        shown = internal.shown(claim, _SHAPE)
        if given is not None and template is not None:
            why = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            e.raw(where, shown, why)
        if given is None and template is None:
            e.raw(where, shown, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
        if given is not None:
            e.named(f"{where}.resourceClaimName", given, names.dns1123_subdomain)
        if template is not None:
            e.named(f"{where}.resourceClaimTemplateName", template, names.dns1123_subdomain)


def pod_level(tree: Tree, at: str, e: Errors) -> None:
    own = tree.get("resources") or {}
    requests, limits = own.get("requests") or {}, own.get("limits") or {}
    for name, total in totals.of(tree, "requests").items():
        asked = requests.get(name, "0")
        if quantity.compare(total, asked) > 0:
            why = f"must be greater than or equal to aggregate container requests of {total}"
            e.invalid(f"{at}.requests[{name}]", asked, why)
    for index, container in enumerate(tree.get("containers") or ()):
        for name, limit in ((container.get("resources") or {}).get("limits") or {}).items():
            if name in limits and quantity.compare(limit, limits[name]) > 0:
                why = f"must be less than or equal to pod limits of {limits[name]}"
                e.invalid(f"{at}.containers[{index}][{name}].limits", limit, why)
