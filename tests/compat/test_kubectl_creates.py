"""kubectl create, run and expose: kubectl builds the object and sends it as protobuf."""

import json
from pathlib import Path
from typing import Any

import pytest

import kube
from compat import objects


def within(small: Any, whole: Any) -> bool:
    """Whether all that `small` says stands in `whole` too; lists element by element."""
    if isinstance(small, dict):
        return isinstance(whole, dict) and all(key in whole and within(small[key], whole[key]) for key in small)
    if isinstance(small, list):
        return isinstance(whole, list) and len(small) == len(whole) and all(map(within, small, whole))
    return bool(small == whole)


NAMESPACED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "deployment": (
        "deployment d --image=app:1 --replicas=2 --port=80",
        "deployment.apps/d",
        {
            "spec": {
                "replicas": 2,
                "template": {"spec": {"containers": [{"image": "app:1", "ports": [{"containerPort": 80}]}]}},
            }
        },
    ),
    "job": (
        "job j --image=app:1 -- date -u",
        "job.batch/j",
        {"spec": {"backoffLimit": 6, "template": {"spec": {"containers": [{"command": ["date", "-u"]}]}}}},
    ),
    "cronjob": (
        "cronjob c --image=app:1 --schedule=0/5_*_*_*_* --restart=OnFailure",
        "cronjob.batch/c",
        {"spec": {"schedule": "0/5 * * * *", "concurrencyPolicy": "Allow", "suspend": False}},
    ),
    "configmap": ("configmap c --from-literal=a=1 --from-literal=b=2", "configmap/c", {"data": {"a": "1", "b": "2"}}),
    "secret": ("secret generic s --from-literal=p=q", "secret/s", {"type": "Opaque", "data": {"p": "cQ=="}}),
    "registry secret": (
        "secret docker-registry s --docker-server=r.test --docker-username=u --docker-password=p",
        "secret/s",
        {"type": "kubernetes.io/dockerconfigjson"},
    ),
    "cluster IP": (
        "service clusterip s --tcp=80:8080",
        "service/s",
        {"spec": {"type": "ClusterIP", "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP"}]}},
    ),
    "headless": (
        "service clusterip s --clusterip=None",
        "service/s",
        {"spec": {"clusterIP": "None", "clusterIPs": ["None"]}},
    ),
    "node port": (
        "service nodeport s --tcp=80 --node-port=30080",
        "service/s",
        {"spec": {"ports": [{"nodePort": 30080}]}},
    ),
    "load balancer": (
        "service loadbalancer s --tcp=80",
        "service/s",
        {"spec": {"allocateLoadBalancerNodePorts": True}},
    ),
    "external name": (
        "service externalname s --external-name=example.test",
        "service/s",
        {"spec": {"externalName": "example.test"}},
    ),
    "role": (
        "role r --verb=get,list --resource=pods,deployments.apps --resource-name=x",
        "role.rbac.authorization.k8s.io/r",
        {
            "rules": [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"], "resourceNames": ["x"]},
                {"apiGroups": ["apps"], "resources": ["deployments"]},
            ]
        },
    ),
    "role binding": (
        "rolebinding r --clusterrole=view --user=ann --group=ops --serviceaccount=a:b",
        "rolebinding.rbac.authorization.k8s.io/r",
        {
            "roleRef": {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"},
            "subjects": [
                {"kind": "User", "name": "ann", "apiGroup": "rbac.authorization.k8s.io"},
                {"kind": "Group", "name": "ops", "apiGroup": "rbac.authorization.k8s.io"},
                {"kind": "ServiceAccount", "name": "b", "namespace": "a"},
            ],
        },
    ),
    "service account": ("serviceaccount s", "serviceaccount/s", {}),
    "quota": (
        "quota q --hard=cpu=1,pods=3 --scopes=NotTerminating",
        "resourcequota/q",
        {"spec": {"hard": {"cpu": "1", "pods": "3"}, "scopes": ["NotTerminating"]}},
    ),
    "budget": (
        "pdb b --selector=app=web --min-available=50%",
        "poddisruptionbudget.policy/b",
        {"spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}}},
    ),
    "ingress": (
        "ingress i --class=c --rule=a.test/x*=web:80,tls=t --default-backend=web:http --annotation=k=v",
        "ingress.networking.k8s.io/i",
        {
            "metadata": {"annotations": {"k": "v"}},
            "spec": {
                "ingressClassName": "c",
                "defaultBackend": {"service": {"name": "web", "port": {"name": "http"}}},
                "tls": [{"hosts": ["a.test"], "secretName": "t"}],
                "rules": [{"host": "a.test", "http": {"paths": [{"path": "/x", "pathType": "Prefix"}]}}],
            },
        },
    ),
    "pod": (
        "run p --image=app:1 --port=80 --env=A=b --labels=x=y --restart=Never",
        "pod/p",
        {
            "metadata": {"labels": {"x": "y"}},
            "spec": {
                "restartPolicy": "Never",
                "containers": [
                    {"name": "p", "env": [{"name": "A", "value": "b"}], "ports": [{"containerPort": 80}]},
                ],
            },
        },
    ),
}

CLUSTER_WIDE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "cluster role": (
        "clusterrole {} --verb=get --resource=nodes --non-resource-url=/logs/*",
        "clusterrole.rbac.authorization.k8s.io/{}",
        {"rules": [{"resources": ["nodes"]}, {"nonResourceURLs": ["/logs/*"], "verbs": ["get"]}]},
    ),
    "aggregated role": (
        "clusterrole {} --aggregation-rule=compat-test=yes",
        "clusterrole.rbac.authorization.k8s.io/{}",
        {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"compat-test": "yes"}}]}},
    ),
    "cluster role binding": (
        "clusterrolebinding {} --clusterrole=view --group=ops",
        "clusterrolebinding.rbac.authorization.k8s.io/{}",
        {"roleRef": {"name": "view"}},
    ),
    "priority class": (
        "priorityclass {} --value=10 --preemption-policy=Never --description=compat",
        "priorityclass.scheduling.k8s.io/{}",
        {"value": 10, "preemptionPolicy": "Never", "description": "compat"},
    ),
    "namespace": ("namespace {}", "namespace/{}", {"spec": {"finalizers": ["kubernetes"]}}),
}


def arguments(command: str) -> list[str]:
    """The words of a command; `_` stands for a space within one, `run` is a verb of its own."""
    words = [word.replace("_", " ") for word in command.split()]
    return words if words[0] == "run" else ["create", *words]


class TestCreate:
    @pytest.mark.parametrize("what", NAMESPACED)
    def test_makes_what_was_asked_for(self, kubectl: kube.Kubectl, what: str) -> None:
        command, named, expected = NAMESPACED[what]
        assert kubectl(*arguments(command)) == f"{named} created\n"
        found = kubectl.get(named)
        assert within(expected, found), json.dumps(found, indent=1)
        assert found["metadata"]["uid"]

    @pytest.mark.parametrize("what", CLUSTER_WIDE)
    def test_makes_what_belongs_to_no_namespace(self, admin: kube.Kubectl, name: str, what: str) -> None:
        command, named, expected = CLUSTER_WIDE[what]
        assert admin(*arguments(command.format(name))) == f"{named.format(name)} created\n"
        found = admin.get(named.format(name))
        assert within(expected, found), json.dumps(found, indent=1)

    def test_a_job_from_a_cron_job(self, kubectl: kube.Kubectl) -> None:
        kubectl("create", "cronjob", "nightly", "--image=app:1", "--schedule=@daily")
        assert kubectl("create", "job", "now", "--from=cronjob/nightly") == "job.batch/now created\n"
        metadata = kubectl.get("job", "now")["metadata"]
        assert metadata["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
        assert metadata["ownerReferences"][0]["kind"] == "CronJob"

    def test_a_tls_secret_from_files(self, kubectl: kube.Kubectl, data: Path) -> None:
        pki = data / "pki"
        kubectl("create", "secret", "tls", "t", f"--cert={pki / 'admin.crt'}", f"--key={pki / 'admin.key'}")
        found = kubectl.get("secret", "t")
        assert found["type"] == "kubernetes.io/tls"
        assert set(found["data"]) == {"tls.crt", "tls.key"}

    def test_a_config_map_from_files_text_and_binary(self, kubectl: kube.Kubectl, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("grüße\n")
        (tmp_path / "raw").write_bytes(b"\xff\x00")
        kubectl("create", "configmap", "c", f"--from-file={tmp_path}")
        found = kubectl.get("cm", "c")
        assert (found["data"], found["binaryData"]) == ({"text": "grüße\n"}, {"raw": "/wA="})

    def test_a_token_that_the_server_knows(self, kubectl: kube.Kubectl, admin: kube.Kubectl, name: str) -> None:
        kubectl("create", "serviceaccount", "robot")
        token = kubectl("create", "token", "robot", "--duration=20m").strip()
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        answer = json.loads(admin("create", "--validate=false", "-f", "-", "-o", "json", stdin=json.dumps(review)))
        assert answer["status"]["user"]["username"] == f"system:serviceaccount:{name}:robot"

    def test_what_can_only_be_created_is_checked_too(self, kubectl: kube.Kubectl) -> None:
        """Such a kind has no PATCH, so kubectl looks in /openapi/v2, which it reads as protobuf only."""
        attributes = {"verb": "get", "resource": "pods"}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        made = kubectl("create", "-f", "-", "-o", "jsonpath={.status.allowed}", stdin=json.dumps(review))
        assert made == "true"

    def test_from_a_file_of_several_documents(self, kubectl: kube.Kubectl) -> None:
        text = "\n---\n".join(json.dumps(tree) for tree in (objects.configmap("a"), objects.pod("p")))
        assert kubectl("create", "-f", "-", stdin=text).splitlines() == ["configmap/a created", "pod/p created"]

    def test_with_a_generated_name(self, kubectl: kube.Kubectl) -> None:
        tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "made-"}}
        assert kubectl("create", "-f", "-", "-o", "name", stdin=json.dumps(tree)).startswith("configmap/made-")

    def test_the_object_comes_back_as_asked(self, kubectl: kube.Kubectl) -> None:
        made = json.loads(kubectl("create", "configmap", "c", "--from-literal=a=1", "-o", "json"))
        assert made == kubectl.get("cm", "c")


class TestNotCreated:
    def test_what_is_there_already(self, kubectl: kube.Kubectl) -> None:
        kubectl("create", "configmap", "c")
        refused = kubectl.refused("create", "configmap", "c")
        assert refused == 'error: failed to create configmap: configmaps "c" already exists\n'
        refused = kubectl.refused("create", "-f", "-", stdin=json.dumps(objects.configmap("c")))
        assert 'Error from server (AlreadyExists): error when creating "STDIN": configmaps "c" already' in refused

    def test_what_is_not_valid(self, kubectl: kube.Kubectl) -> None:
        refused = kubectl.refused("create", "deployment", "d", "--image=app:1", "--replicas=-3")
        why = "spec.replicas: Invalid value: -3: must be greater than or equal to 0"
        assert refused == f'error: failed to create deployment: Deployment.apps "d" is invalid: {why}\n'
        refused = kubectl.refused("create", "-f", "-", stdin=json.dumps(objects.deployment("d", -3)))
        assert refused == f'The Deployment "d" is invalid: {why}\n'

    def test_a_misspelt_field(self, kubectl: kube.Kubectl) -> None:
        tree = {**objects.configmap("c"), "dta": {}}
        refused = kubectl.refused("create", "-f", "-", stdin=json.dumps(tree))
        assert 'strict decoding error: unknown field "dta"' in refused
        done = kubectl.run("create", "--validate=warn", "-f", "-", stdin=json.dumps(tree))
        assert (done.returncode, done.stderr) == (0, 'Warning: unknown field "dta"\n')

    def test_a_dry_run_on_the_server_changes_nothing(self, kubectl: kube.Kubectl) -> None:
        made = json.loads(kubectl("create", "deployment", "d", "--image=app:1", "--dry-run=server", "-o", "json"))
        assert made["metadata"]["uid"]
        assert made["spec"]["strategy"]["type"] == "RollingUpdate"
        assert kubectl("get", "deployments", "-o", "name") == ""
        tables = kubectl("create", "service", "clusterip", "s", "--tcp=80", "--dry-run=server")
        assert tables == "service/s created (server dry run)\n"
        assert kubectl("get", "services", "-o", "name") == ""


class TestRunAndExpose:
    def test_run_with_a_service(self, kubectl: kube.Kubectl) -> None:
        assert kubectl("run", "web", "--image=app:1", "--port=80", "--expose").splitlines() == [
            "service/web created",
            "pod/web created",
        ]
        assert kubectl.get("svc", "web")["spec"]["selector"] == {"run": "web"}
        kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=10s")

    def test_run_and_wait_until_it_is_gone(self, kubectl: kube.Kubectl) -> None:
        kubectl("run", "p", "--image=app:1", "--grace-period=1", "--dry-run=client")
        kubectl("run", "p", "--image=app:1")
        kubectl("delete", "pod", "p", "--now", "--wait")
        assert kubectl("get", "pods", "-o", "name") == ""

    def test_expose_a_deployment_finds_its_pods(self, kubectl: kube.Kubectl) -> None:
        kubectl("create", "deployment", "d", "--image=app:1", "--replicas=2", "--port=8080")
        assert kubectl("expose", "deployment", "d", "--port=80", "--target-port=8080") == "service/d exposed\n"
        kubectl("expose", "service", "d", "--port=81", "--name=again", "--type=NodePort")

        def addresses() -> int:
            slices = kubectl.get("endpointslices", "-l", "kubernetes.io/service-name=d")["items"]
            assert slices[0]["ports"][0]["port"] == 8080
            return len(slices[0]["endpoints"] or ()) == 2

        kube.eventually(addresses, "two endpoints", 8)
        assert kubectl.get("svc", "again")["spec"]["ports"][0]["nodePort"] >= 30000
