"""NamespaceLifecycle: nothing without its namespace, nothing new in one that goes, and some that never go."""

from steersman.api import status, tree
from steersman.apiserver.access import reading
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin

IMMORTAL = frozenset({"default", "kube-system", "kube-public"})


class NamespaceLifecycle(Plugin):
    name = "NamespaceLifecycle"
    subresources = None
    operations = frozenset({Operation.CREATE, Operation.UPDATE, Operation.DELETE})

    async def mutate(self, a: Attributes) -> None:
        if a.resource.name == reading.NAMESPACES:
            if a.operation is Operation.DELETE and a.name in IMMORTAL:
                raise status.forbidden("namespaces", "", a.name, "this namespace may not be deleted")
            return
        if not a.namespace or a.operation is Operation.DELETE:
            return
        if a.resource.name == "localsubjectaccessreviews.authorization.k8s.io":
            return  # an answer about the namespace would tell who may not know
        namespace = self.reader.get(reading.NAMESPACES, "", a.namespace)
        if namespace is None:
            raise status.not_found("namespaces", "", a.namespace)
        if a.operation is Operation.CREATE and tree.at(namespace, "status", "phase") == "Terminating":
            raise terminating(a)


def terminating(a: Attributes) -> status.StatusError:
    refusal = a.forbidden(f"unable to create new content in namespace {a.namespace} because it is being terminated")
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {a.namespace} is being terminated",
        "field": "metadata.namespace",
    }
    details = {**refusal.tree["details"], "causes": [cause]}
    return status.StatusError({**refusal.tree, "details": details})
