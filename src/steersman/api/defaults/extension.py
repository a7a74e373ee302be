"""What extends the API: CustomResourceDefinitions and APIServices."""

from steersman.api.defaults import admission, fill
from steersman.api.tree import MutableTree


def custom_resource_definition(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    names = fill.child(spec, "names")
    kind = names.get("kind") or ""
    if not names.get("singular"):
        names["singular"] = kind.lower()
    if not names.get("listKind") and kind:
        names["listKind"] = kind + "List"
    conversion = fill.child(spec, "conversion")
    if not conversion.get("strategy"):
        conversion["strategy"] = "None"
    webhook = conversion.get("webhook")
    if webhook:
        admission.service(webhook.get("clientConfig"))


def api_service(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    admission.service(spec)
