"""The four signers that Kubernetes brings: which requests for a certificate they sign, and how.

Pure.  `refusal` says why a signer would never sign a request (None: it would), `recognised` who may be approved
without a person, `sign` makes the certificate.  A controller calls them; the API server itself signs nothing.

| signer | signs | approved by itself |
| --- | --- | --- |
| kubernetes.io/kube-apiserver-client | any client | no |
| kubernetes.io/kube-apiserver-client-kubelet | nodes, as clients | yes, for who may ask |
| kubernetes.io/kubelet-serving | nodes, as servers, for themselves | no |
| kubernetes.io/legacy-unknown | anything | no |
"""

import base64
import binascii
import dataclasses
from collections.abc import Sequence
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from steersman.api.tree import Tree, at
from steersman.kit import entropy as entropies
from steersman.kit import pki

CLIENT = "kubernetes.io/kube-apiserver-client"
KUBELET_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"
KUBELET_SERVING = "kubernetes.io/kubelet-serving"
LEGACY = "kubernetes.io/legacy-unknown"
SIGNERS = (CLIENT, KUBELET_CLIENT, KUBELET_SERVING, LEGACY)
SHORTEST = 600.0
NODES = "system:nodes"
"""The group of all nodes."""
NODE = "system:node:"
"""What a node's user name begins with."""

_KUBELET_CLIENT_USAGES = (
    frozenset({"key encipherment", "digital signature", "client auth"}),
    frozenset({"digital signature", "client auth"}),
)
_KUBELET_SERVING_USAGES = (
    frozenset({"key encipherment", "digital signature", "server auth"}),
    frozenset({"digital signature", "server auth"}),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What a certificate signing request asks for."""

    key: pki.PublicKey
    common_name: str
    organisations: tuple[str, ...]
    alternatives: tuple[x509.GeneralName, ...]

    def any_of(self, kind: type[x509.GeneralName]) -> bool:
        return any(isinstance(each, kind) for each in self.alternatives)


def parse(request: Tree) -> Wanted:
    """The PKCS 10 document inside a CertificateSigningRequest.  Raises ValueError."""
    try:
        document = x509.load_pem_x509_csr(base64.b64decode(at(request, "spec", "request", default="")))
    except binascii.Error as error:
        raise ValueError(f"spec.request is not base64: {error}") from error
    key = document.public_key()
    if not document.is_signature_valid:
        raise ValueError("the request is not signed by its own key")
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise ValueError(f"cannot certify a {type(key).__name__}")

    def texts(kind: x509.ObjectIdentifier) -> tuple[str, ...]:
        return tuple(str(part.value) for part in document.subject.get_attributes_for_oid(kind))

    try:
        extension = document.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
        alternatives = tuple(cast(x509.SubjectAlternativeName, extension.value))
    except x509.ExtensionNotFound:
        alternatives = ()
    names = texts(NameOID.COMMON_NAME)
    return Wanted(key, names[-1] if names else "", texts(NameOID.ORGANIZATION_NAME), alternatives)


def refusal(request: Tree) -> str | None:
    """Why the request's signer would not sign it; None where it would, or where the signer is not ours."""
    signer = at(request, "spec", "signerName", default="")
    if signer not in SIGNERS:
        return None
    try:
        wanted = parse(request)
    except ValueError as error:
        return f"unable to parse csr: {error}"
    usages = frozenset(at(request, "spec", "usages", default=()))
    if signer == KUBELET_CLIENT:
        return _kubelet_client(wanted, usages)
    if signer == KUBELET_SERVING:
        return _kubelet_serving(wanted, usages)
    if signer == CLIENT:
        strange = usages - {"key encipherment", "digital signature", "client auth"}
        return None if not strange and "client auth" in usages else "usages did not match"
    return None


def _kubelet(wanted: Wanted) -> str | None:
    if wanted.organisations != (NODES,):
        return f"organization in subject was {list(wanted.organisations)}, not [{NODES}]"
    if not wanted.common_name.startswith(NODE):
        return f"subject common name does not begin with {NODE}"
    return None


def _kubelet_client(wanted: Wanted, usages: frozenset[str]) -> str | None:
    problem = _kubelet(wanted)
    if problem:
        return problem
    if wanted.alternatives:
        return "a client certificate of a node carries no subject alternative names"
    return None if usages in _KUBELET_CLIENT_USAGES else "usages did not match"


def _kubelet_serving(wanted: Wanted, usages: frozenset[str]) -> str | None:
    problem = _kubelet(wanted)
    if problem:
        return problem
    if not wanted.any_of(x509.DNSName) and not wanted.any_of(x509.IPAddress):
        return "DNS or IP subjectAltName is required"
    if wanted.any_of(x509.RFC822Name):
        return "Email subjectAltNames are not allowed"
    if wanted.any_of(x509.UniformResourceIdentifier):
        return "URI subjectAltNames are not allowed"
    return None if usages in _KUBELET_SERVING_USAGES else "usages did not match"


def recognised(request: Tree) -> str | None:
    """The sub-resource that its author must be allowed to `create` for an approval without a person.

    `selfnodeclient` for a node that renews its own certificate, `nodeclient` for one on behalf of a new node,
    None where a person must approve.
    """
    if at(request, "spec", "signerName") != KUBELET_CLIENT or refusal(request) is not None:
        return None
    return "selfnodeclient" if at(request, "spec", "username") == parse(request).common_name else "nodeclient"


def lifetime(request: Tree, longest: float) -> float:
    """How long the certificate is valid: what was asked for, within reason."""
    asked = at(request, "spec", "expirationSeconds")
    return longest if asked is None else max(SHORTEST, min(float(asked), longest))


def sign(
    request: Tree,
    authority: pki.Pair,
    *,
    now: float,
    entropy: entropies.Entropy,
    longest: float = pki.YEAR,
) -> bytes:
    """The certificate in PEM.  The request must be approved and `refusal` must have nothing against it."""
    wanted = parse(request)
    usages: Sequence[str] = at(request, "spec", "usages", default=())
    return pki.issue(
        authority,
        wanted.key,
        wanted.common_name,
        wanted.organisations,
        usages=usages,
        now=now,
        lifetime=lifetime(request, longest),
        entropy=entropy,
        other_names=wanted.alternatives,
    )
