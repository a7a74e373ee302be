"""The built-in signers sign what they are for, and nothing else."""

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from steersman.api.semantics import signing
from steersman.kit import pki
from steersman.kit.entropy import SeededEntropy

NOW = 1_800_000_000.0
CLIENT = ["digital signature", "client auth"]
SERVER = ["digital signature", "key encipherment", "server auth"]


def request(signer: str, usages: list[str], name: str, *organisations: str, names: Any = (), **more: Any) -> Any:
    document = base64.b64encode(pki.request(pki.new_key(), name, organisations, names)).decode()
    return {"spec": {"signerName": signer, "usages": usages, "request": document, **more}}


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (request(signing.KUBELET_CLIENT, CLIENT, "system:node:n", "system:nodes"), None),
        (request(signing.KUBELET_CLIENT, CLIENT, "jane", "system:nodes"), "common name"),
        (request(signing.KUBELET_CLIENT, CLIENT, "system:node:n", "devs"), "organization"),
        (request(signing.KUBELET_CLIENT, SERVER, "system:node:n", "system:nodes"), "usages"),
        (request(signing.KUBELET_CLIENT, CLIENT, "system:node:n", "system:nodes", names=["n"]), "alternative"),
        (request(signing.KUBELET_SERVING, SERVER, "system:node:n", "system:nodes", names=["n", "10.0.0.1"]), None),
        (request(signing.KUBELET_SERVING, SERVER, "system:node:n", "system:nodes"), "DNS or IP"),
        (request(signing.CLIENT, CLIENT, "jane", "devs"), None),
        (request(signing.CLIENT, SERVER, "jane", "devs"), "usages"),
        (request(signing.LEGACY, SERVER, "anything"), None),
        (request("example.com/own", SERVER, "anything"), None),
        ({"spec": {"signerName": signing.CLIENT, "request": "bm9uc2Vuc2U="}}, "unable to parse"),
    ],
)
def test_a_signer_says_what_is_wrong_with_a_request(asked: Any, problem: str | None) -> None:
    found = signing.refusal(asked)
    assert (found is None) if problem is None else (found is not None and problem in found)


def test_a_nodes_own_renewal_is_told_from_its_first_request() -> None:
    first = request(signing.KUBELET_CLIENT, CLIENT, "system:node:n", "system:nodes", username="system:bootstrap:abc")
    renewal = request(signing.KUBELET_CLIENT, CLIENT, "system:node:n", "system:nodes", username="system:node:n")
    assert signing.recognised(first) == "nodeclient"
    assert signing.recognised(renewal) == "selfnodeclient"
    assert signing.recognised(request(signing.CLIENT, CLIENT, "jane")) is None


def test_the_certificate_holds_what_was_asked_for() -> None:
    entropy = SeededEntropy(1)
    authority = pki.authority("ca", now=NOW, entropy=entropy)
    asked = request(
        signing.KUBELET_SERVING, SERVER, "system:node:n", "system:nodes", names=["n", "10.0.0.1"], expirationSeconds=1
    )
    pem = signing.sign(asked, authority, now=NOW, entropy=entropy)
    who = pki.identity(pki.der(pem))
    assert (who.common_name, who.organisations) == ("system:node:n", ("system:nodes",))
    assert who.not_after == NOW + signing.SHORTEST
    certificate = pki.load_certificate(pem)
    certificate.verify_directly_issued_by(pki.load_certificate(authority.certificate))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["n"]
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.SERVER_AUTH]
