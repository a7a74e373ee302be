"""What decides about writes: webhook configurations, admission policies and their bindings."""

from typing import Any

from steersman.api.printers import cells, columns
from steersman.api.tree import Tree

WEBHOOKS = (
    columns.NAME,
    columns.Column(
        "Webhooks", "Webhooks indicates the number of webhooks registered in this configuration", type="integer"
    ),
    columns.AGE,
)
_KIND = columns.Column("ParamKind", "ParamKind specifies the kind of resources used to parameterize this policy")
VALIDATING = (
    columns.NAME,
    columns.Column(
        "Validations",
        "Validations indicates the number of validation rules defined in this configuration",
        type="integer",
    ),
    _KIND,
    columns.AGE,
)
MUTATING = (
    columns.NAME,
    columns.Column(
        "Mutations", "Mutation indicates the number of mutations rules defined in this configuration", type="integer"
    ),
    _KIND,
    columns.AGE,
)
BINDING = (
    columns.NAME,
    columns.Column("PolicyName", "PolicyName indicates the policy definition which the policy binding binded to"),
    columns.Column("ParamRef", "ParamRef indicates the param resource which sets the configuration param"),
    columns.AGE,
)


def _webhooks(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), len(tree.get("webhooks") or ()), cells.age(tree, now)]


def _policy(tree: Tree, now: float, rules: str) -> list[Any]:
    spec = cells.spec(tree)
    kind = spec.get("paramKind")
    text = cells.UNSET if kind is None else f"{kind.get('apiVersion') or ''}/{kind.get('kind') or ''}"
    return [cells.name(tree), len(spec.get(rules) or ()), text, cells.age(tree, now)]


def _validating(tree: Tree, now: float) -> list[Any]:
    return _policy(tree, now, "validations")


def _mutating(tree: Tree, now: float) -> list[Any]:
    return _policy(tree, now, "mutations")


def _binding(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    return [cells.name(tree), spec.get("policyName") or "", _parameter(spec.get("paramRef")), cells.age(tree, now)]


def _parameter(reference: Tree | None) -> str:
    """A namespace is not known of a parameter without one, so it shows as any."""
    if reference is not None and reference.get("name"):
        return f"{reference.get('namespace') or '*'}/{reference['name']}"
    if reference is not None and reference.get("selector") is not None:
        return _selector(reference["selector"])
    return cells.UNSET


def _selector(selector: Tree) -> str:
    """A LabelSelector as Go prints the struct."""
    labels = "".join(f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items()))
    expressions = "".join(
        f"LabelSelectorRequirement{{Key:{each.get('key')},Operator:{each.get('operator')},"
        f"Values:[{' '.join(each.get('values') or ())}],}},"
        for each in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )


_GROUP = "admissionregistration.k8s.io"
PRINTERS = {
    (_GROUP, "MutatingWebhookConfiguration"): columns.Printer(WEBHOOKS, _webhooks),
    (_GROUP, "ValidatingWebhookConfiguration"): columns.Printer(WEBHOOKS, _webhooks),
    (_GROUP, "ValidatingAdmissionPolicy"): columns.Printer(VALIDATING, _validating),
    (_GROUP, "ValidatingAdmissionPolicyBinding"): columns.Printer(BINDING, _binding),
    (_GROUP, "MutatingAdmissionPolicy"): columns.Printer(MUTATING, _mutating),
    (_GROUP, "MutatingAdmissionPolicyBinding"): columns.Printer(BINDING, _binding),
}
