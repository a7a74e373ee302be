"""What is accepted with a warning, in the reference's words."""

import base64
from typing import Any

import pytest

from steersman.api import resources, warnings
from steersman.api.tree import Tree


def found(name: str, new: Tree, old: Tree | None = None) -> list[str]:
    resource = resources.BUILTIN.get(name)
    assert resource is not None
    return warnings.found(resource, new, old)


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


def deployment(template: Tree, generation: int = 1, name: str = "d") -> dict[str, Any]:
    return {"metadata": {"name": name, "generation": generation}, "spec": {"template": template}}


def test_most_pods_have_none() -> None:
    assert found("pods", pod()) == []


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"volumes": [{"name": "v", "cephfs": {}}]},
            "spec.volumes[0].cephfs: deprecated in v1.28, non-functional in v1.31+",
        ),
        (
            {"volumes": [{"name": "v", "projected": {"sources": [{}]}}]},
            'volume "v" (Projected) has no sources provided',
        ),
        (
            {"volumes": [{"name": "v", "configMap": {"name": "m", "items": [{"path": "a/b"}, {"path": "a"}]}}]},
            'volume "v" (ConfigMap "m"): overlapping paths: "a" with "a/b"',
        ),
        (
            {
                "volumes": [
                    {
                        "name": "v",
                        "projected": {
                            "sources": [
                                {"serviceAccountToken": {"path": "x/token"}},
                                {"downwardAPI": {"items": [{"path": "x"}, {"path": "y"}]}},
                            ]
                        },
                    }
                ]
            },
            'volume "v" (Projected): overlapping paths: "x" (DownwardAPI) with "x/token" (ServiceAccountToken)',
        ),
        (
            {"hostAliases": [{"ip": "2001:DB8::1"}]},
            'spec.hostAliases[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
        ),
        (
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        ),
        ({"imagePullSecrets": [{}]}, 'spec.imagePullSecrets[0].name: invalid empty name ""'),
        (
            {"containers": [{"name": "c", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}]},
            'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
        ),
        (
            {"containers": [{"name": "c", "resources": {"limits": {"memory": "1500m"}}}]},
            'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
        ),
        (
            {"terminationGracePeriodSeconds": -1},
            "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
        ),
    ],
)  # fmt: skip
def test_a_pod_is_warned_of(spec: dict[str, Any], text: str) -> None:
    assert found("pods", pod(**spec)) == [text]


def test_a_variable_that_extends_itself_is_fine() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}]
    assert found("pods", pod(containers=[{"name": "c", "env": env}])) == []


def test_ports_of_one_name_are_told_with_the_one_that_counts() -> None:
    ports = [{"name": "http", "containerPort": 80}], [{"name": "http", "containerPort": 81}]
    template = {"spec": {"containers": [{"name": str(n), "ports": each} for n, each in enumerate(ports)]}}
    first, second = "spec.template.spec.containers[0].ports[0]", "spec.template.spec.containers[1].ports[0]"
    [text] = found("deployments.apps", deployment(template))
    assert text.startswith(f'{second}: duplicate port name "http" with {first}, ')
    assert text.endswith(f"services and probes that select ports by name will use {first}")


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ({}, {}, "duplicate"),
        ({}, {"hostPort": 80}, "overlapping"),
        ({"hostPort": 80}, {"hostPort": 80, "hostIP": "10.0.0.1"}, "dangerously ambiguous"),
    ],
)
def test_ports_of_one_number_clash(one: dict[str, Any], other: dict[str, Any], word: str) -> None:
    ports = [{"containerPort": 80, **one}, {"containerPort": 80, **other}]
    told = found("pods", pod(containers=[{"name": "c", "ports": ports}]))
    assert told == [f"spec.containers[0].ports[1]: {word} port definition with spec.containers[0].ports[0]"]


def test_a_change_of_nothing_desired_is_not_warned_of() -> None:
    template = {"spec": {"volumes": [{"name": "v", "rbd": {}}]}}
    assert len(found("deployments.apps", deployment(template))) == 1
    assert found("deployments.apps", deployment(template), deployment(template)) == []
    assert len(found("deployments.apps", deployment(template, 2), deployment(template))) == 1
    assert found("pods", pod(volumes=[{"name": "v", "rbd": {}}]), pod()) == []


def test_a_name_that_is_no_label_is_warned_of_once_it_becomes_a_hosts() -> None:
    [text] = found("deployments.apps", deployment({}, name="a.b"))
    assert text.startswith("metadata.name: this is used in Pod names and hostnames, which can result in surprising")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, "tls: failed to find any PEM data in certificate input"),
        ({"tls.crt": "-----BEGIN CERTIFICATE-----"}, "tls: failed to find any PEM data in key input"),
    ],
)
def test_a_certificate_that_is_none_is_warned_of(data: dict[str, str], text: str) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    assert found("secrets", {"metadata": {}, "type": "kubernetes.io/tls", "data": encoded}) == [text]
    assert found("secrets", {"metadata": {}, "type": "Opaque", "data": encoded}) == []


def test_claims_and_ingresses_are_warned_of_old_annotations() -> None:
    claim = {"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": "x"}}, "spec": {}}
    assert len(found("persistentvolumeclaims", claim)) == 1
    ingress = {"metadata": {"annotations": {"kubernetes.io/ingress.class": "x"}}, "spec": {}}
    assert len(found("ingresses.networking.k8s.io", ingress)) == 1
