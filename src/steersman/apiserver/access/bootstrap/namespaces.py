"""Roles inside kube-system and kube-public: what components keep there."""

from steersman.api.tree import MutableTree
from steersman.apiserver.access.bootstrap.notation import READ, account, allow, binding, events, role, user

SYSTEM = "kube-system"
PUBLIC = "kube-public"
_READER = "extension-apiserver-authentication-reader"
_LEADERS = ("kube-controller-manager", "kube-scheduler")
_CONTROLLERS = ("bootstrap-signer", "cloud-provider", "token-cleaner")


def roles() -> list[MutableTree]:
    return [
        role(SYSTEM, _READER, allow(READ, "core", "configmaps", "extension-apiserver-authentication")),
        *(
            role(
                SYSTEM,
                f"system::leader-locking-{name}",
                allow(f"{READ} create update", "coordination.k8s.io", "leases"),
                allow(f"{READ} create update", "coordination.k8s.io", "leasecandidates"),
            )
            for name in _LEADERS
        ),
        role(SYSTEM, "system:controller:bootstrap-signer", allow(READ, "core", "secrets")),
        role(SYSTEM, "system:controller:cloud-provider", allow(f"create {READ}", "core", "configmaps")),
        role(SYSTEM, "system:controller:token-cleaner", allow(f"{READ} delete", "core", "secrets"), events()),
        role(
            PUBLIC,
            "system:controller:bootstrap-signer",
            allow(READ, "core", "configmaps"),
            allow("update", "core", "configmaps", "cluster-info"),
            events(),
        ),
    ]


def role_bindings() -> list[MutableTree]:
    components = [user(f"system:{name}") for name in _LEADERS]
    signer = "system:controller:bootstrap-signer"
    return [
        binding(SYSTEM, f"system::{_READER}", _READER, components),
        *(
            binding(
                SYSTEM,
                f"system::leader-locking-{name}",
                f"system::leader-locking-{name}",
                [user(f"system:{name}"), account(name), *others],
            )
            for name, others in zip(_LEADERS, ([account("leader-election-controller")], []), strict=True)
        ),
        *(
            binding(SYSTEM, f"system:controller:{name}", f"system:controller:{name}", [account(name)])
            for name in _CONTROLLERS
        ),
        binding(PUBLIC, signer, signer, [account("bootstrap-signer")]),
    ]
