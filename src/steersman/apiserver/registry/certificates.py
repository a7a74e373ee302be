"""CertificateSigningRequests: who asked is what authentication says, not what the request says.

The spec never changes; `approval` writes conditions, `status` the certificate.
"""

from typing import Any

from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.registry.strategy import Context, Strategy, keep


class SigningRequests(Strategy):
    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        user = context.user
        spec: dict[str, Any] = dict(new.get("spec") or {})
        spec["username"] = user.name
        for name in ("uid", "groups", "extra"):
            spec.pop(name, None)
        if user.uid:
            spec["uid"] = user.uid
        if user.groups:
            spec["groups"] = list(user.groups)
        if user.extra:
            spec["extra"] = {key: list(values) for key, values in user.extra.items()}
        new["spec"] = spec
        new["status"] = {}

    def prepare_update(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_update(new, old, context)
        keep(new, old, "spec")

    def prepare_status(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_status(new, old, context)
        keep_conditions(new, old)
        stamp(new, context.now)

    def prepare(self, subresource: str, new: MutableTree, old: Tree, context: Context) -> None:
        if subresource == "approval":
            self.prepare_approval(new, old, context)
        else:
            super().prepare(subresource, new, old, context)

    def prepare_approval(self, new: MutableTree, old: Tree, context: Context) -> None:
        """Only conditions count."""
        super().prepare_status(new, old, context)
        status = dict(old.get("status") or {})
        keep(status, new.get("status") or {}, "conditions")
        new["status"] = status
        stamp(new, context.now)


def keep_conditions(new: MutableTree, old: Tree) -> None:
    """`Approved` and `Denied` are decided by `approval` alone."""
    status = dict(new.get("status") or {})
    decided = [c for c in (old.get("status") or {}).get("conditions") or () if c["type"] in ("Approved", "Denied")]
    others = [c for c in status.get("conditions") or () if c.get("type") not in ("Approved", "Denied")]
    if decided or others:
        status["conditions"] = decided + others
    else:
        status.pop("conditions", None)
    new["status"] = status


def stamp(new: MutableTree, now: str) -> None:
    """Conditions without times get the present one."""
    conditions = (new.get("status") or {}).get("conditions")
    if not conditions:
        return
    stamped = []
    for condition in conditions:
        each = dict(condition)
        for name in ("lastUpdateTime", "lastTransitionTime"):
            if not each.get(name):
                each[name] = now
        stamped.append(each)
    new["status"] = {**new["status"], "conditions": stamped}
