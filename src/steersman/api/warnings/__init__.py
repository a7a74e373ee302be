"""What is accepted but had better not be written: the texts of `Warning` headers.

Deprecated fields, values that mean something else than they seem to, names that make trouble in other places.
One function a kind, found in `TABLE`; it gets the object as it will be stored and the one before, or None on
create, and both have passed validation.

Of pods only what is made is looked at, of what makes pods only changes of the desired state: clients hear it when
they can do something about it.
"""

from collections.abc import Callable, Mapping

from steersman.api.resources import Resource
from steersman.api.tree import Tree
from steersman.api.warnings import claims, customresourcedefinitions, ingresses, pods, secrets, services, workloads

Find = Callable[[Tree, Tree | None], list[str]]
TABLE: Mapping[tuple[str, str], Find] = {
    ("", "PersistentVolume"): claims.volume,
    ("", "PersistentVolumeClaim"): claims.claim,
    ("", "Pod"): pods.pod,
    ("", "PodTemplate"): workloads.pod_template,
    ("", "ReplicationController"): workloads.named,
    ("", "Secret"): secrets.secret,
    ("", "Service"): services.service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): customresourcedefinitions.definition,
    ("apps", "DaemonSet"): workloads.unnamed,
    ("apps", "Deployment"): workloads.named,
    ("apps", "ReplicaSet"): workloads.named,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("batch", "CronJob"): workloads.cron_job,
    ("batch", "Job"): workloads.named,
    ("networking.k8s.io", "Ingress"): ingresses.ingress,
}


def found(resource: Resource, new: Tree, old: Tree | None) -> list[str]:
    find = TABLE.get((resource.group, resource.kind))
    return [] if find is None else find(new, old)
