"""The ServiceAccount controller."""

from steersman.api.tree import Tree
from steersman.controllers.ensured import Ensured


class Controller(Ensured):
    name = "service-account"
    resource = "serviceaccounts"
    object_name = "default"

    def wanted(self, present: Tree | None) -> Tree | None:
        return {"kind": "ServiceAccount", "apiVersion": "v1"} if present is None else None
