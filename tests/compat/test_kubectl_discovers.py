"""kubectl explain, api-resources, auth, certificate, cluster-info, version, top: what can be done, and who may."""

import base64
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import kube
from compat import objects


class TestDiscovery:
    def test_api_resources(self, admin: kube.Kubectl) -> None:
        lines = admin("api-resources").splitlines()
        assert lines[0].split() == ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]
        rows = {line.split()[0]: line.split()[1:] for line in lines}
        assert rows["pods"] == ["po", "v1", "true", "Pod"]
        assert rows["deployments"] == ["deploy", "apps/v1", "true", "Deployment"]
        assert rows["clusterroles"] == ["rbac.authorization.k8s.io/v1", "false", "ClusterRole"]

    def test_api_resources_chosen_by_group_verb_and_category(self, admin: kube.Kubectl) -> None:
        groups = admin("api-resources", "--api-group=apps", "-o", "name").split()
        assert sorted(groups) == [
            f"{n}.apps" for n in ("controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets")
        ]
        assert "tokenreviews" not in admin("api-resources", "--verbs=list", "-o", "name")
        assert "pods" in admin("api-resources", "--categories=all", "-o", "name").split()
        assert "create,delete" in admin("api-resources", "-o", "wide")

    def test_api_versions(self, admin: kube.Kubectl) -> None:
        versions = admin("api-versions").split()
        assert {"v1", "apps/v1", "autoscaling/v2", "batch/v1", "networking.k8s.io/v1", "policy/v1"} <= set(versions)
        assert "extensions/v1beta1" not in versions

    def test_explain(self, admin: kube.Kubectl) -> None:
        said = admin("explain", "pod.spec.containers.image")
        assert said.startswith("KIND:       Pod\nVERSION:    v1\n\nFIELD: image <string>\n")
        assert "Container image name" in said
        assert "  spec\t<DeploymentSpec>" in admin("explain", "deployment", "--recursive")
        assert "-required-" in admin("explain", "deployments.spec")
        assert "DEPRECATED" in admin("explain", "service.spec.loadBalancerIP").upper()
        assert 'field "nope" does not exist' in admin.refused("explain", "pod.nope")

    def test_version_and_cluster_info(self, admin: kube.Kubectl) -> None:
        assert json.loads(admin("version", "-o", "json"))["serverVersion"]["gitVersion"] == "v1.36.2"
        assert "Kubernetes control plane is running at" in admin("cluster-info")

    def test_cluster_info_dump(self, kubectl: kube.Kubectl, name: str) -> None:
        kubectl.apply(objects.pod("p"))
        kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=9s")
        assert '"kind": "NodeList"' in kubectl("cluster-info", "dump", "--namespaces", name)

    def test_top_is_refused_without_metrics(self, admin: kube.Kubectl) -> None:
        assert "Metrics API not available" in admin.refused("top", "nodes")


class TestWhoMay:
    def test_can_i(self, admin: kube.Kubectl) -> None:
        assert admin("auth", "can-i", "create", "pods") == "yes\n"
        assert admin.run("auth", "can-i", "create", "pods", "--as=mallory").stdout == "no\n"
        assert admin.run("auth", "can-i", "get", "/logs", "--as=mallory").stdout == "no\n"

    def test_can_i_list(self, kubectl: kube.Kubectl, name: str) -> None:
        kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps")
        kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={name}:robot")
        who = f"--as=system:serviceaccount:{name}:robot"
        rows = [line.split() for line in kubectl("auth", "can-i", "--list", who).splitlines()]
        assert ["configmaps", "[]", "[]", "[get", "list]"] in rows
        assert kubectl("auth", "can-i", "list", "configmaps", who) == "yes\n"
        assert "forbidden" in kubectl.refused("create", "configmap", "c", who)

    def test_whoami(self, admin: kube.Kubectl) -> None:
        info = json.loads(admin("auth", "whoami", "-o", "json"))["status"]["userInfo"]
        assert "system:masters" in info["groups"]
        told = admin("auth", "whoami", "--as=ann", "--as-group=ops", "--as-user-extra=team=blue", "-o", "json")
        info = json.loads(told)["status"]["userInfo"]
        assert (info["username"], info["groups"], info["extra"]) == (
            "ann",
            ["ops", "system:authenticated"],
            {"team": ["blue"]},
        )

    def test_reconcile(self, kubectl: kube.Kubectl, name: str) -> None:
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "r", "namespace": name},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        }
        assert "role.rbac.authorization.k8s.io/r reconciled" in kubectl(
            "auth", "reconcile", "-f", "-", stdin=json.dumps(role)
        )
        role["rules"] = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
        kubectl("auth", "reconcile", "-f", "-", stdin=json.dumps(role))
        assert [rule["verbs"] for rule in kubectl.get("role", "r")["rules"]] == [["get"], ["list"]]

    def test_a_token_logs_in(self, kubectl: kube.Kubectl, data: object, name: str) -> None:
        kubectl("create", "serviceaccount", "robot")
        token = kubectl("create", "token", "robot").strip()
        config = json.loads(kubectl("config", "view", "--raw", "--flatten", "-o", "json"))
        config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
        own = kube.Kubectl(kubectl.program, kubectl.kubeconfig.with_name(f"{name}.kubeconfig"))
        own.kubeconfig.write_text(json.dumps(config))
        info = json.loads(own("auth", "whoami", "-o", "json"))["status"]["userInfo"]
        assert info["username"] == f"system:serviceaccount:{name}:robot"
        assert 'cannot list resource "nodes"' in own.refused("get", "nodes")


class TestCertificates:
    @pytest.fixture
    def request_name(self, admin: kube.Kubectl, name: str) -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ann")])
        asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        pem = asked.public_bytes(serialization.Encoding.PEM)
        admin.apply(
            {
                "apiVersion": "certificates.k8s.io/v1",
                "kind": "CertificateSigningRequest",
                "metadata": {"name": name},
                "spec": {
                    "request": base64.b64encode(pem).decode(),
                    "signerName": "kubernetes.io/kube-apiserver-client",
                    "usages": ["client auth"],
                },
            }
        )
        return name

    def test_approve_signs_it(self, admin: kube.Kubectl, request_name: str) -> None:
        assert "Pending" in admin("get", "csr", request_name)
        approved = f"certificatesigningrequest.certificates.k8s.io/{request_name} approved\n"
        assert admin("certificate", "approve", request_name) == approved
        path = "jsonpath={.status.certificate}"
        pem = kube.eventually(lambda: admin("get", "csr", request_name, "-o", path), "the certificate", 8)
        certificate = x509.load_pem_x509_certificate(base64.b64decode(pem))
        assert certificate.subject.rfc4514_string() == "CN=ann"
        assert "Approved,Issued" in admin("get", "csr", request_name)

    def test_deny(self, admin: kube.Kubectl, request_name: str) -> None:
        admin("certificate", "deny", request_name)
        assert "Denied" in admin("get", "csr", request_name)
