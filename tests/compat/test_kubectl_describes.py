"""kubectl describe and events: kubectl reads the object, what belongs to it, and what happened to it."""

import json

import pytest

import kube
from compat import objects

NAMESPACE = "describes"

EXTRA = [
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    },
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "value"}},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}},
    {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"pods": "9"}}},
    {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "l"},
        "spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "default": {"cpu": "1"}}]},
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "claim"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "none",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    },
    {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly"},
        "spec": {
            "schedule": "@daily",
            "jobTemplate": {
                "spec": {
                    "template": {
                        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]},
                    }
                }
            },
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "i"},
        "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "n"},
        "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [{"podSelector": {}}]}]},
    },
    {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "r"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": NAMESPACE}],
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    },
]

DESCRIBED = {
    "deployment/web": [
        "Replicas: 2 desired | 2 updated | 2 total | 2 available",
        "NewReplicaSet: web-",
    ],
    "replicasets": ["Controlled By: Deployment/web", "SuccessfulCreate"],
    "pods": ["Controlled By: ReplicaSet/web-", "ContainersReady True", "QoS Class:", "kube-api-access-"],
    "service/web": [
        "Type: ClusterIP",
        "Endpoints: 10.",
        "Session Affinity: None",
    ],
    "endpointslices": ["kubernetes.io/service-name=web", "TargetRef: Pod/web-"],
    "configmap/c": ["colour:\n----\nred"],
    "secret/s": ["Type: Opaque", "key: 5 bytes"],
    "serviceaccount/robot": ["Image pull secrets: <none>"],
    "resourcequota/q": ["pods 2 9"],
    "limitrange/l": ["Container cpu - 2 1 1"],
    "pvc/claim": ["Status: Pending", "StorageClass: none"],
    "cronjob/nightly": ["Schedule: @daily", "Concurrency Policy: Allow"],
    "ingress/i": ["Default backend: web:80 (10."],
    "networkpolicy/n": ["PodSelector: app=web", "PodSelector: <none>"],
    "pdb/b": ["Min available: 1"],
    "role/r": ["pods [] [] [get]"],
    "rolebinding/r": ["ServiceAccount robot " + NAMESPACE],
    "hpa/web": ["Deployment/web", "resource cpu on pods (as a percentage of request): <unknown> / 80%"],
    "namespace/" + NAMESPACE: ["Status: Active", "Resource Quotas", "Resource Limits"],
    "node/sim1": [
        "Kubelet Version: v1.36.2",
        "Non-terminated Pods:",
        "Allocated resources:",
        "HolderIdentity: sim1",
    ],
    "priorityclass/system-node-critical": ["Value: 2000001000"],
    "clusterrole/view": ["configmaps", "[get list watch]"],
    "clusterrolebinding/cluster-admin": ["Group system:masters"],
    "apiservice/v1.apps": ["Spec:", "Group Priority Minimum:"],
    "flowschema/exempt": ["Matching Precedence: 1"],
    "lease/sim1 -n kube-node-lease": ["Holder Identity:"],
}


@pytest.fixture(scope="module")
def shop(admin: kube.Kubectl) -> kube.Kubectl:
    """A namespace with one of many kinds, settled."""
    kubectl = kube.Kubectl(admin.program, admin.kubeconfig, ["--namespace", NAMESPACE])
    admin.apply(objects.namespace(NAMESPACE))
    kubectl.apply(*EXTRA, objects.configmap("c", None, colour="red"))
    kubectl.apply(objects.deployment("web", 2))
    kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=10s")
    wanted = "--for=jsonpath={.status.used.pods}=2"
    kubectl("wait", wanted, "resourcequota/q", "--timeout=10s")
    address = "jsonpath={.items[0].endpoints[0].addresses[0]}"
    kube.eventually(lambda: kubectl("get", "endpointslices", "-o", address), "endpoints", 10)
    return kubectl


def words_of(text: str) -> str:
    """Without the columns, whose width depends on what else stands in them."""
    return " ".join(text.split())


@pytest.mark.parametrize("what", DESCRIBED)
def test_describe(shop: kube.Kubectl, what: str) -> None:
    kubectl = shop
    target, *flags = what.split(" ", 1)
    words = " ".join(flags).split()
    if words:  # another namespace than the fixture's
        kubectl = kube.Kubectl(shop.program, shop.kubeconfig)
    said = kubectl("describe", target, *words)
    for line in DESCRIBED[what]:
        assert words_of(line) in words_of(said), said


def test_describe_by_prefix_by_label_and_what_is_not_there(shop: kube.Kubectl) -> None:
    assert shop("describe", "pod", "web-").count("QoS Class:") == 2
    assert shop("describe", "pods", "-l", "app=web").count("QoS Class:") == 2
    assert 'pods "nope" not found' in shop.refused("describe", "pod", "nope")


class TestEvents:
    def test_tell_a_pods_story(self, shop: kube.Kubectl) -> None:
        pod = shop("get", "pods", "-o", "name").split()[0]

        def reasons() -> bool:
            events = json.loads(shop("events", "--for", pod, "-o", "json"))["items"]
            return {"Scheduled", "Created", "Started"} <= {event["reason"] for event in events}

        kube.eventually(reasons, "the pod's story", 8)
        table = shop("events", "--for", pod).splitlines()[0].split()
        assert table == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]

    def test_are_chosen_by_type_and_field(self, shop: kube.Kubectl) -> None:
        assert "Scheduled" not in shop("events", "--types=Warning")
        selector = "involvedObject.kind=Deployment,reason=ScalingReplicaSet"
        events = shop.get("events", "--field-selector", selector)["items"]
        assert [event["involvedObject"]["name"] for event in events] == ["web"]
        assert "LAST SEEN" in shop("get", "events", "--sort-by=.lastTimestamp")
