"""Who may do what, and with which certificate: bindings, signing requests, trust bundles.

Roles and cluster roles have no columns of their own.
"""

from typing import Any

from steersman.api.printers import cells, columns, durations
from steersman.api.tree import Tree


def _binding_columns(kind: str, role: str) -> tuple[columns.Column, ...]:
    return (
        columns.NAME,
        columns.Column("Role", role),
        columns.AGE,
        columns.wide("Users", f"Users in the {kind}"),
        columns.wide("Groups", f"Groups in the {kind}"),
        columns.wide("ServiceAccounts", f"ServiceAccounts in the {kind}"),
    )


ROLE_BINDING = _binding_columns(
    "roleBinding",
    "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef"
    " cannot be resolved, the Authorizer must return an error.",
)
CLUSTER_ROLE_BINDING = _binding_columns(
    "clusterRoleBinding",
    "RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the"
    " Authorizer must return an error.",
)
SIGNING_REQUEST = (
    columns.NAME,
    columns.AGE,
    columns.Column(
        "SignerName",
        "Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it"
        " will be defaulted:\n"
        " 1. If it's a kubelet client certificate, it is assigned\n"
        '    "kubernetes.io/kube-apiserver-client-kubelet".\n'
        " 2. If it's a kubelet serving certificate, it is assigned\n"
        '    "kubernetes.io/kubelet-serving".\n'
        ' 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".\n'
        "Distribution of trust for signers happens out of band. You can select on this field using `spec.signerName`.",
    ),
    columns.Column("Requestor", "Base64-encoded PKCS#10 CSR data"),
    columns.of("RequestedDuration", "certificates.v1.CertificateSigningRequestSpec.expirationSeconds"),
    columns.Column("Condition", "Conditions applied to the request, such as approval or denial."),
)
TRUST_BUNDLE = (columns.NAME, columns.of("SignerName", "certificates.v1beta1.ClusterTrustBundleSpec.signerName"))


def _binding(tree: Tree, now: float) -> list[Any]:
    role = tree.get("roleRef") or {}
    users, groups, accounts = [], [], []
    for subject in tree.get("subjects") or ():
        match subject.get("kind"):
            case "User":
                users.append(subject.get("name") or "")
            case "Group":
                groups.append(subject.get("name") or "")
            case "ServiceAccount":
                accounts.append(f"{subject.get('namespace') or ''}/{subject.get('name') or ''}")
    return [
        cells.name(tree),
        f"{role.get('kind') or ''}/{role.get('name') or ''}",
        cells.age(tree, now),
        ", ".join(users),
        ", ".join(groups),
        ", ".join(accounts),
    ]


def _signing_request(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    seconds = spec.get("expirationSeconds")
    return [
        cells.name(tree),
        cells.age(tree, now),
        spec.get("signerName") or cells.NONE,
        spec.get("username") or "",
        cells.NONE if seconds is None else durations.human(seconds),
        _condition(cells.status(tree)),
    ]


def _condition(status: Tree) -> str:
    types = {condition.get("type") for condition in status.get("conditions") or ()}
    text = "Denied" if "Denied" in types else "Approved" if "Approved" in types else "Pending"
    if "Failed" in types:
        text += ",Failed"
    return f"{text},Issued" if status.get("certificate") else text


def _trust_bundle(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), cells.spec(tree).get("signerName") or cells.NONE]


PRINTERS = {
    ("rbac.authorization.k8s.io", "RoleBinding"): columns.Printer(ROLE_BINDING, _binding),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): columns.Printer(CLUSTER_ROLE_BINDING, _binding),
    ("certificates.k8s.io", "CertificateSigningRequest"): columns.Printer(SIGNING_REQUEST, _signing_request),
    ("certificates.k8s.io", "ClusterTrustBundle"): columns.Printer(TRUST_BUNDLE, _trust_bundle),
}
