"""Pods and what has a pod's template.

`spec` is what a pod and a template share; a Pod alone gets requests from limits, service links and host ports:
a template stays as it was written, so that a newer server's defaults do not start a rollout.
"""

from steersman.api.defaults import containers, fill, totals, volumes
from steersman.api.tree import MutableTree

_OLD_ANNOTATIONS = (
    "pod.beta.kubernetes.io/init-containers",
    "pod.alpha.kubernetes.io/init-containers",
    "pod.beta.kubernetes.io/init-container-statuses",
    "pod.alpha.kubernetes.io/init-container-statuses",
)


def pod(tree: MutableTree) -> None:
    _annotations(tree)
    made = fill.child(tree, "spec")
    spec(made)
    for group in ("containers", "initContainers"):
        for container in made.get(group) or ():
            resources = container.get("resources")
            if resources and resources.get("limits"):
                resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}
    if made.get("resources"):
        _pod_level(made)
    status = tree.get("status")
    if status:
        _addresses(status)
    if "enableServiceLinks" not in made:
        made["enableServiceLinks"] = True
    if made.get("hostNetwork"):
        for group in ("containers", "initContainers"):
            for container in made.get(group) or ():
                for port in container.get("ports") or ():
                    if not port.get("hostPort") and port.get("containerPort"):
                        port["hostPort"] = port["containerPort"]


def _addresses(status: MutableTree) -> None:
    """`podIP` is the first of `podIPs`, whichever of the two was said."""
    one, many = status.get("podIP"), status.get("podIPs")
    if one and (not many or many[0].get("ip") != one):
        status["podIPs"] = [{"ip": one}]
    elif many and not one:
        status["podIP"] = many[0].get("ip", "")


def pod_template(tree: MutableTree) -> None:
    template(fill.child(tree, "template"))


def template(tree: MutableTree) -> None:
    """`spec.template` of whoever makes pods."""
    _annotations(tree)
    spec(fill.child(tree, "spec"))


def spec(tree: MutableTree) -> None:
    if "dnsPolicy" not in tree:
        tree["dnsPolicy"] = "ClusterFirst"
    if "restartPolicy" not in tree:
        tree["restartPolicy"] = "Always"
    if "securityContext" not in tree:
        tree["securityContext"] = {}
    if "terminationGracePeriodSeconds" not in tree:
        tree["terminationGracePeriodSeconds"] = 30
    if "schedulerName" not in tree:
        tree["schedulerName"] = "default-scheduler"
    account = tree.get("serviceAccountName") or tree.get("serviceAccount")
    if account:
        tree["serviceAccountName"] = tree["serviceAccount"] = account
    for group in ("containers", "initContainers", "ephemeralContainers"):
        for each in tree.get(group) or ():
            containers.container(each)
    for each in tree.get("volumes") or ():
        volumes.volume(each)
    if "overhead" in tree:
        fill.resource_list(tree["overhead"])
    if "resources" in tree:
        fill.requirements(tree["resources"])


def _annotations(tree: MutableTree) -> None:
    """Init containers once travelled in annotations; those are dropped."""
    annotations = (tree.get("metadata") or {}).get("annotations")
    if annotations:
        for name in _OLD_ANNOTATIONS:
            annotations.pop(name, None)


def _pod_level(tree: MutableTree) -> None:
    """Requests and limits of the pod as a whole, from those of its containers.

    Limits of huge pages are the containers' sum.  Requests are what the containers request, or the pod's limit.
    Where the pod requests something but limits nothing, and all containers have a limit, it has their sum.
    """
    resources = tree["resources"]
    if not resources.get("limits") and not resources.get("requests"):
        return
    for name, amount in totals.of(tree, "limits").items():
        if name.startswith("hugepages-") and name not in (resources.get("requests") or {}):
            fill.child(resources, "limits").setdefault(name, amount)
    limits = resources.get("limits") or {}
    if limits:
        asked = {n: a for n, a in totals.of(tree, "requests").items() if n in _OVERCOMMITTED}
        limited = {n: a for n, a in limits.items() if n in _OVERCOMMITTED or n.startswith("hugepages-")}
        requests = {**limited, **asked, **(resources.get("requests") or {})}
        if requests:
            resources["requests"] = requests
    elif resources.get("requests"):
        found = {n: a for n, a in totals.of(tree, "limits", complete=True).items() if n in _OVERCOMMITTED}
        if found:
            resources["limits"] = found


_OVERCOMMITTED = ("cpu", "memory")
