"""Each admission plug-in does to an object what kube-apiserver's does, and refuses in its words."""

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from steersman.api import resources, status
from steersman.apiserver.access import attributes as asked
from steersman.apiserver.access import authorization, reading
from steersman.apiserver.admission import chain
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Config, Context
from steersman.kit import pki
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from steersman.kit.http import User

ADMIN = User("admin", ("system:masters", "system:authenticated"))


TOO_MUCH = "maximum cpu usage per Container is 1, but limit is 3"


class Instant(RealClock):
    """A clock on which waiting takes no time, and that tells what was waited for."""

    def __init__(self) -> None:
        self.slept = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds


class Refuses:
    """An authoriser that allows only superusers and what it is told."""

    def __init__(self, *allowed: tuple[str, str]) -> None:
        self.allowed = allowed

    def authorize(self, attributes: asked.Attributes) -> authorization.Decision:
        if "system:masters" in attributes.user.groups or (attributes.verb, attributes.name) in self.allowed:
            return authorization.ALLOW
        return authorization.NONE


class World:
    def __init__(self) -> None:
        self.reader = reading.Memory()
        self.clock = Instant()
        self.reader.put("namespaces", {"metadata": {"name": "x"}, "status": {"phase": "Active"}})
        self.reader.put("serviceaccounts", {"metadata": {"name": "default", "namespace": "x", "uid": "1"}})
        self.authorizer = Refuses()

    async def admit(
        self,
        resource: str,
        new: Any,
        old: Any = None,
        *,
        operation: Operation = Operation.CREATE,
        subresource: str = "",
        user: User = ADMIN,
        config: Config = Config(),
    ) -> Any:
        found = resources.BUILTIN.get(resource)
        assert found is not None
        meta = (new or old)["metadata"]
        a = Attributes(
            operation if old is None or operation is Operation.DELETE else Operation.UPDATE,
            found,
            meta.get("namespace", "x") if found.namespaced else "",
            meta.get("name", ""),
            user,
            new,
            old,
            subresource,
        )
        context = Context(self.reader, self.clock, SeededEntropy(1), self.authorizer, config=config)
        made = chain.default_chain(context)
        await made.mutate(a)
        await made.validate(a)
        self.warnings = a.warnings
        return a.object

    async def refusal(self, resource: str, new: Any, old: Any = None, **how: Any) -> str:
        with pytest.raises(status.StatusError) as refused:
            await self.admit(resource, new, old, **how)
        return refused.value.message


@pytest.fixture
def world() -> World:
    return World()


def pod(**spec: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "p", "namespace": "x"},
        "spec": {"containers": [{"name": "c", "image": "i"}], **spec},
    }


class TestNamespaceLifecycle:
    async def test_nothing_is_created_in_a_namespace_that_is_not_there(self, world: World) -> None:
        new = {"metadata": {"name": "a", "namespace": "gone"}}
        assert await world.refusal("configmaps", new) == 'namespaces "gone" not found'

    async def test_nothing_is_created_in_a_namespace_on_its_way_out(self, world: World) -> None:
        world.reader.put("namespaces", {"metadata": {"name": "x"}, "status": {"phase": "Terminating"}})
        with pytest.raises(status.StatusError) as refused:
            await world.admit("configmaps", {"metadata": {"name": "late", "namespace": "x"}})
        assert refused.value.message == (
            'configmaps "late" is forbidden: unable to create new content in namespace x because it is being terminated'
        )
        assert refused.value.tree["details"] == {
            "name": "late",
            "kind": "configmaps",
            "causes": [
                {
                    "reason": "NamespaceTerminating",
                    "message": "namespace x is being terminated",
                    "field": "metadata.namespace",
                }
            ],
        }

    async def test_some_namespaces_never_go(self, world: World) -> None:
        old = {"metadata": {"name": "kube-system"}}
        text = await world.refusal("namespaces", None, old, operation=Operation.DELETE)
        assert text == 'namespaces "kube-system" is forbidden: this namespace may not be deleted'
        await world.admit("namespaces", None, {"metadata": {"name": "kube-node-lease"}}, operation=Operation.DELETE)


class TestPods:
    async def test_a_plain_pod_gets_what_a_real_server_gives_it(self, world: World) -> None:
        before = pod()
        made = (await world.admit("pods", before))["spec"]
        assert before == pod()
        volume = made["volumes"][0]
        assert volume["name"].startswith("kube-api-access-")
        assert volume["projected"] == {
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {
                    "downwardAPI": {
                        "items": [
                            {
                                "path": "namespace",
                                "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                            }
                        ]
                    }
                },
                {
                    "configMap": {
                        "name": "openshift-service-ca.crt",
                        "items": [{"key": "service-ca.crt", "path": "service-ca.crt"}],
                    }
                },
            ],
            "defaultMode": 420,
        }
        assert made["containers"][0]["volumeMounts"] == [
            {
                "name": volume["name"],
                "readOnly": True,
                "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            }
        ]
        assert (made["serviceAccountName"], made["serviceAccount"]) == ("default", "default")
        assert (made["priority"], made["preemptionPolicy"]) == (0, "PreemptLowerPriority")
        assert made["tolerations"] == [
            {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            for what in ("not-ready", "unreachable")
        ]

    async def test_without_a_service_certificate_there_are_three_sources(self, world: World) -> None:
        made = await world.admit("pods", pod(), config=Config(service_ca=""))
        assert len(made["spec"]["volumes"][0]["projected"]["sources"]) == 3

    async def test_a_pod_or_its_account_may_want_no_token(self, world: World) -> None:
        assert "volumes" not in (await world.admit("pods", pod(automountServiceAccountToken=False)))["spec"]
        world.reader.put(
            "serviceaccounts",
            {
                "metadata": {"name": "default", "namespace": "x"},
                "automountServiceAccountToken": False,
                "imagePullSecrets": [{"name": "pull"}],
            },
        )
        made = await world.admit("pods", pod())
        assert "volumes" not in made["spec"]
        assert made["spec"]["imagePullSecrets"] == [{"name": "pull"}]
        assert "volumes" in (await world.admit("pods", pod(automountServiceAccountToken=True)))["spec"]

    async def test_a_missing_account_is_named_and_the_default_one_waited_for(self, world: World) -> None:
        assert await world.refusal("pods", pod(serviceAccountName="missing")) == (
            'pods "p" is forbidden: error looking up service account x/missing: serviceaccount "missing" not found'
        )
        assert world.clock.slept == 0
        world.reader.remove("serviceaccounts", "x", "default")
        assert "x/default" in await world.refusal("pods", pod())
        assert 1 < world.clock.slept < 2

    async def test_own_mounts_and_own_tolerations_stay(self, world: World) -> None:
        mount = {"name": "mine", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
        toleration = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}
        made = await world.admit(
            "pods", pod(containers=[{"name": "c", "volumeMounts": [mount]}], tolerations=[toleration])
        )
        assert "volumes" not in made["spec"]
        assert [each["key"][19:] for each in made["spec"]["tolerations"]] == ["unreachable", "not-ready"]

    async def test_a_priority_class_becomes_a_number(self, world: World) -> None:
        assert await world.refusal("pods", pod(priorityClassName="nope")) == (
            'pods "p" is forbidden: no PriorityClass with name nope was found'
        )
        high = {"metadata": {"name": "high"}, "value": 1000, "preemptionPolicy": "Never"}
        base = {"metadata": {"name": "base"}, "value": 5, "globalDefault": True, "preemptionPolicy": "Never"}
        world.reader.put("priorityclasses.scheduling.k8s.io", high, base)
        made = (await world.admit("pods", pod(priorityClassName="high")))["spec"]
        assert (made["priority"], made["preemptionPolicy"]) == (1000, "Never")
        made = (await world.admit("pods", pod()))["spec"]
        assert (made["priority"], made["priorityClassName"]) == (5, "base")
        assert await world.refusal("pods", pod(priority=7)) == (
            'pods "p" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority '
            "admission controller computed 5 from the given PriorityClass name"
        )
        again = {"metadata": {"name": "again"}, "value": 6, "globalDefault": True}
        assert await world.refusal("priorityclasses.scheduling.k8s.io", again) == (
            'priorityclasses.scheduling.k8s.io "again" is forbidden: PriorityClass base is already marked as default. '
            "Only one default can exist"
        )

    async def test_a_runtime_class_brings_overhead_and_placement(self, world: World) -> None:
        assert await world.refusal("pods", pod(runtimeClassName="vm")) == (
            'pods "p" is forbidden: pod rejected: RuntimeClass "vm" not found'
        )
        world.reader.put(
            "runtimeclasses.node.k8s.io",
            {
                "metadata": {"name": "vm"},
                "overhead": {"podFixed": {"cpu": "250m"}},
                "scheduling": {"nodeSelector": {"kvm": "yes"}, "tolerations": [{"key": "kvm"}]},
            },
        )
        made = (await world.admit("pods", pod(runtimeClassName="vm", overhead={"cpu": "0.25"})))["spec"]
        assert made["overhead"] == {"cpu": "250m"}
        assert made["nodeSelector"] == {"kvm": "yes"}
        assert {"key": "kvm"} in made["tolerations"]
        assert "doesn't match" in await world.refusal("pods", pod(runtimeClassName="vm", overhead={"cpu": "1"}))
        assert "without corresponding" in await world.refusal("pods", pod(overhead={"cpu": "1"}))
        assert "conflict: runtimeClass" in await world.refusal(
            "pods", pod(runtimeClassName="vm", nodeSelector={"kvm": "no"})
        )

    async def test_a_bound_pod_learns_its_zone(self, world: World) -> None:
        labels = {"topology.kubernetes.io/zone": "a", "other": "b"}
        world.reader.put("nodes", {"metadata": {"name": "n", "labels": labels}})
        bound = {"metadata": {"name": "p", "namespace": "x"}, "target": {"kind": "Node", "name": "n"}}
        made = await world.admit("pods", bound, subresource="binding")
        assert made["metadata"]["labels"] == {"topology.kubernetes.io/zone": "a"}


class TestLimitRanger:
    @pytest.fixture
    def limited(self, world: World) -> World:
        limits = [
            {
                "type": "Container",
                "max": {"cpu": "1"},
                "min": {"cpu": "50m"},
                "default": {"cpu": "500m", "memory": "64Mi"},
                "defaultRequest": {"cpu": "100m", "memory": "64Mi"},
            },
            {"type": "Pod", "max": {"cpu": "2"}},
            {"type": "PersistentVolumeClaim", "max": {"storage": "2Gi"}},
        ]
        world.reader.put("limitranges", {"metadata": {"name": "l", "namespace": "x"}, "spec": {"limits": limits}})
        return world

    async def test_defaults_are_filled_in_and_noted(self, limited: World) -> None:
        made = await limited.admit("pods", pod())
        assert made["spec"]["containers"][0]["resources"] == {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"cpu": "500m", "memory": "64Mi"},
        }
        assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
            "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c"
        )

    @pytest.mark.parametrize(
        ("amounts", "problem"),
        [
            ({"requests": {"cpu": "10m"}}, "minimum cpu usage per Container is 50m, but request is 10m"),
            (
                {"requests": {"cpu": "3"}, "limits": {"cpu": "3"}},
                f"[{TOO_MUCH}, maximum cpu usage per Pod is 2, but limit is 3]",
            ),
            (
                {"requests": {"cpu": "1500m"}, "limits": {"cpu": "1500m"}},
                "maximum cpu usage per Container is 1, but limit is 1500m",
            ),
        ],
    )
    async def test_bounds_are_kept(self, limited: World, amounts: Any, problem: str) -> None:
        refused = await limited.refusal("pods", pod(containers=[{"name": "c", "resources": amounts}]))
        assert refused == f'pods "p" is forbidden: {problem}'

    async def test_a_limit_may_be_so_many_times_the_request(self, world: World) -> None:
        limit = {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}}
        world.reader.put("limitranges", {"metadata": {"name": "l", "namespace": "x"}, "spec": {"limits": [limit]}})

        def amounts(**resources: Any) -> Any:
            return pod(containers=[{"name": "c", "resources": resources}])

        most = 'pods "p" is forbidden: cpu max limit to request ratio per Container is 2, but '
        await world.admit("pods", amounts(requests={"cpu": "1"}, limits={"cpu": "2"}))
        wide = amounts(requests={"cpu": "1"}, limits={"cpu": "3"})
        assert await world.refusal("pods", wide) == most + "provided ratio is 3.000000"
        assert await world.refusal("pods", pod()) == most + "no request is specified or request is 0"
        assert (
            await world.refusal("pods", amounts(requests={"cpu": "1"})) == most + "no limit is specified or limit is 0"
        )

    async def test_a_pod_is_bounded_as_a_whole(self, world: World) -> None:
        limits = [{"type": "Pod", "max": {"memory": "3Gi"}, "min": {"memory": "1Gi"}}]
        world.reader.put("limitranges", {"metadata": {"name": "l", "namespace": "x"}, "spec": {"limits": limits}})

        def two(amount: str) -> Any:
            both = {"requests": {"memory": amount}, "limits": {"memory": amount}}
            return pod(containers=[{"name": name, "resources": both} for name in "ab"])

        await world.admit("pods", two("1Gi"))
        assert "maximum memory usage per Pod is 3Gi, but limit is 4" in await world.refusal("pods", two("2Gi"))
        assert "minimum memory usage per Pod is 1Gi, but request is 512Mi" in await world.refusal("pods", two("256Mi"))
        assert "No limit is specified" in await world.refusal("pods", pod())

    async def test_a_resize_is_bounded_and_other_changes_are_not(self, limited: World) -> None:
        small, big = (
            pod(containers=[{"name": "c", "resources": {"requests": {"cpu": cpu}, "limits": {"cpu": cpu}}}])
            for cpu in ("1", "3")
        )
        assert TOO_MUCH in await limited.refusal("pods", big, small, subresource="resize")
        await limited.admit("pods", {**big, "metadata": {**big["metadata"], "labels": {"a": "b"}}}, big)

    async def test_claims_have_bounds_too(self, limited: World) -> None:
        claim = {"metadata": {"name": "big", "namespace": "x"}, "spec": {"resources": {"requests": {"storage": "5Gi"}}}}
        assert await limited.refusal("persistentvolumeclaims", claim) == (
            'persistentvolumeclaims "big" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but '
            "request is 5Gi"
        )


class TestStorageAndNetwork:
    async def test_a_claim_gets_the_newest_default_class_and_a_finalizer(self, world: World) -> None:
        marked = {"storageclass.kubernetes.io/is-default-class": "true"}
        for name, created in (("old", "2026-01-01T00:00:00Z"), ("new", "2026-02-01T00:00:00Z")):
            meta = {"name": name, "creationTimestamp": created, "annotations": marked}
            world.reader.put("storageclasses.storage.k8s.io", {"metadata": meta})
        claim = {"metadata": {"name": "c", "namespace": "x"}, "spec": {}}
        made = await world.admit("persistentvolumeclaims", claim)
        assert made["spec"] == {"storageClassName": "new"}
        assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
        none = {"metadata": {"name": "c", "namespace": "x"}, "spec": {"storageClassName": ""}}
        assert (await world.admit("persistentvolumeclaims", none))["spec"] == {"storageClassName": ""}

    async def test_volumes_and_attribute_classes_are_protected(self, world: World) -> None:
        for resource, finalizer in (
            ("persistentvolumes", "kubernetes.io/pv-protection"),
            ("volumeattributesclasses.storage.k8s.io", "kubernetes.io/vac-protection"),
        ):
            made = await world.admit(resource, {"metadata": {"name": "v"}})
            assert made["metadata"]["finalizers"] == [finalizer]

    async def test_an_ingress_gets_the_default_class(self, world: World) -> None:
        annotations = {"ingressclass.kubernetes.io/is-default-class": "true"}
        world.reader.put(
            "ingressclasses.networking.k8s.io", {"metadata": {"name": "nginx", "annotations": annotations}}
        )
        ingress = {"metadata": {"name": "i", "namespace": "x"}, "spec": {}}
        made = await world.admit("ingresses.networking.k8s.io", ingress)
        assert made["spec"]["ingressClassName"] == "nginx"
        old = {"metadata": {**ingress["metadata"], "annotations": {"kubernetes.io/ingress.class": "a"}}, "spec": {}}
        assert (await world.admit("ingresses.networking.k8s.io", old))["spec"] == {}

    async def test_only_bound_claims_of_growing_classes_grow(self, world: World) -> None:
        def claim(size: str, phase: str) -> dict[str, Any]:
            spec = {"storageClassName": "s", "resources": {"requests": {"storage": size}}}
            return {"metadata": {"name": "c", "namespace": "x"}, "spec": spec, "status": {"phase": phase}}

        text = await world.refusal("persistentvolumeclaims", claim("2Gi", "Pending"), claim("1Gi", "Pending"))
        assert text.endswith("only bound persistent volume claims can be expanded")
        text = await world.refusal("persistentvolumeclaims", claim("2Gi", "Bound"), claim("1Gi", "Bound"))
        assert "must support resize" in text
        world.reader.put("storageclasses.storage.k8s.io", {"metadata": {"name": "s"}, "allowVolumeExpansion": True})
        await world.admit("persistentvolumeclaims", claim("2Gi", "Bound"), claim("1Gi", "Bound"))
        await world.admit("persistentvolumeclaims", claim("1Gi", "Pending"), claim("1024Mi", "Pending"))


class TestNodes:
    NODE = User("system:node:n", ("system:nodes", "system:authenticated"))

    async def test_a_node_begins_with_a_taint(self, world: World) -> None:
        made = await world.admit("nodes", {"metadata": {"name": "n"}})
        assert made["spec"]["taints"] == [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]

    async def test_a_node_writes_its_own_node_only(self, world: World) -> None:
        text = await world.refusal("nodes", {"metadata": {"name": "m"}}, user=self.NODE)
        assert text == 'nodes "m" is forbidden: node "n" is not allowed to modify node "m"'
        old = {"metadata": {"name": "n", "labels": {}}, "spec": {}}
        tainted = {**old, "spec": {"taints": [{"key": "a"}]}}
        assert "not allowed to modify taints" in await world.refusal("nodes", tainted, old, user=self.NODE)
        labels = {"node-restriction.kubernetes.io/a": "b", "topology.kubernetes.io/zone": "z", "mine": "c"}
        relabelled = {**old, "metadata": {"name": "n", "labels": labels}}
        text = await world.refusal("nodes", relabelled, old, user=self.NODE)
        assert text.endswith("is not allowed to modify labels: node-restriction.kubernetes.io/a")
        del labels["node-restriction.kubernetes.io/a"]
        await world.admit("nodes", relabelled, old, user=self.NODE)

    async def test_a_node_makes_mirror_pods_that_refer_to_nothing(self, world: World) -> None:
        world.reader.put("nodes", {"metadata": {"name": "n", "uid": "u"}})
        assert "can only create mirror pods" in await world.refusal("pods", pod(nodeName="n"), user=self.NODE)
        mirror = pod(nodeName="n")
        owner = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u", "controller": True}
        mirror["metadata"] |= {"annotations": {"kubernetes.io/config.mirror": "h"}, "ownerReferences": [owner]}
        made = await world.admit("pods", mirror, user=self.NODE)
        assert "serviceAccountName" not in made["spec"]
        mirror["spec"]["volumes"] = [{"name": "s", "secret": {"secretName": "s"}}]
        assert "secrets" in await world.refusal("pods", mirror, user=self.NODE)

    async def test_a_node_asks_for_tokens_of_its_own_pods(self, world: World) -> None:
        world.reader.put("pods", {"metadata": {"name": "p", "namespace": "x", "uid": "u"}, "spec": {"nodeName": "m"}})
        bound = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": "u"}
        ask: Any = {"metadata": {"name": "default", "namespace": "x"}, "spec": {"boundObjectRef": bound}}
        text = await world.refusal("serviceaccounts", ask, subresource="token", user=self.NODE)
        assert text.endswith("node requested token bound to a pod scheduled on a different node")
        sources = [
            {"serviceAccountToken": {"path": "token"}},
            {"serviceAccountToken": {"path": "v", "audience": "vault"}},
        ]
        spec = {"nodeName": "n", "volumes": [{"name": "t", "projected": {"sources": sources}}]}
        world.reader.put("pods", {"metadata": {"name": "p", "namespace": "x", "uid": "u"}, "spec": spec})
        await world.admit("serviceaccounts", ask, subresource="token", user=self.NODE)
        ask["spec"]["audiences"] = ["vault"]
        await world.admit("serviceaccounts", ask, subresource="token", user=self.NODE)


class TestCertificates:
    SIGNER = "kubernetes.io/kube-apiserver-client"
    USER = User("jane", ("system:authenticated",))

    def request(self, signer: str, organisation: str = "devs", **state: Any) -> dict[str, Any]:
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])
        built = x509.CertificateSigningRequestBuilder().subject_name(subject)
        pem = built.sign(pki.load_key(pki.new_key()), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        spec = {"signerName": signer, "request": base64.b64encode(pem).decode()}
        return {"metadata": {"name": "r"}, "spec": spec, "status": state}

    async def test_nobody_asks_to_be_a_superuser(self, world: World) -> None:
        name = "certificatesigningrequests.certificates.k8s.io"
        await world.admit(name, self.request(self.SIGNER))
        assert "system:masters group is not allowed" in await world.refusal(
            name, self.request(self.SIGNER, "system:masters")
        )
        await world.admit(name, self.request("example.com/other", "system:masters"))

    async def test_approving_and_signing_need_the_signers_permission(self, world: World) -> None:
        name = "certificatesigningrequests.certificates.k8s.io"
        old = self.request(self.SIGNER)
        approved = {**old, "status": {"conditions": [{"type": "Approved"}]}}
        text = await world.refusal(name, approved, old, subresource="approval", user=self.USER)
        assert text.endswith(f'user not permitted to approve requests with signerName "{self.SIGNER}"')
        signed = {**old, "status": {"certificate": "abc"}}
        text = await world.refusal(name, signed, old, subresource="status", user=self.USER)
        assert text.endswith(f'user not permitted to sign requests with signerName "{self.SIGNER}"')
        await world.admit(name, old, old, subresource="status", user=self.USER)
        world.authorizer = Refuses(("approve", "kubernetes.io/*"), ("sign", self.SIGNER))
        await world.admit(name, approved, old, subresource="approval", user=self.USER)
        await world.admit(name, signed, old, subresource="status", user=self.USER)


class TestOwnerReferences:
    ENFORCED = Config(enforce_owner_references=True)
    USER = User("jane", ("system:authenticated",))

    def owned(self, *owners: Any) -> dict[str, Any]:
        return {"metadata": {"name": "c", "namespace": "x", "ownerReferences": list(owners)}}

    def by(self, **more: Any) -> dict[str, Any]:
        return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "1", **more}

    async def test_who_changes_them_may_delete_the_object(self, world: World) -> None:
        new, old = self.owned(self.by()), self.owned()
        await world.admit("configmaps", new, old, user=self.USER)  # off by default
        text = await world.refusal("configmaps", new, old, user=self.USER, config=self.ENFORCED)
        assert "cannot set an ownerRef on a resource you can't delete" in text
        await world.admit("configmaps", new, user=self.USER, config=self.ENFORCED)
        world.authorizer = Refuses(("delete", "c"))
        await world.admit("configmaps", new, old, user=self.USER, config=self.ENFORCED)

    async def test_who_holds_up_a_deletion_may_set_the_owners_finalizers(self, world: World) -> None:
        new = self.owned(self.by(blockOwnerDeletion=True))
        text = await world.refusal("configmaps", new, user=self.USER, config=self.ENFORCED)
        assert "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set" in text
        unknown = self.owned(self.by(blockOwnerDeletion=True, kind="Unknown"))
        text = await world.refusal("configmaps", unknown, user=self.USER, config=self.ENFORCED)
        assert "cannot find RESTMapping" in text
        world.authorizer = Refuses(("update", "r"))
        await world.admit("configmaps", new, user=self.USER, config=self.ENFORCED)
        await world.admit("configmaps", new, user=ADMIN, config=self.ENFORCED)


async def test_a_plug_in_is_asked_only_about_what_it_cares_for(world: World) -> None:
    before = {"metadata": {"name": "c", "namespace": "x"}, "data": {"a": "b"}}
    assert await world.admit("configmaps", before) is before
