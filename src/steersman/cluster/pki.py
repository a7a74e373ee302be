"""The cluster's certificates: made once, kept in `D/pki`, renewed when they near their end.

    ca.{crt,key}                 signs everything; pods get ca.crt in kube-root-ca.crt
    apiserver.{crt,key}          the API server's, for loopback, the hub and the Service `kubernetes`
    admin.{crt,key}              group system:masters; what admin.kubeconfig carries
    service-account.key          signs service account tokens: RSA, because clients expect RS256

Components in this process need no certificates: the in-process transport carries their identity.
"""

import base64
import dataclasses
import ipaddress
from collections.abc import Callable, Sequence
from pathlib import Path

from steersman.kit import pki
from steersman.kit.clock import Clock
from steersman.kit.entropy import Entropy

RENEW_BEFORE = 30 * 24 * 3600.0


@dataclasses.dataclass(frozen=True, slots=True)
class Certificates:
    folder: Path
    ca: pki.Pair
    apiserver: pki.Pair
    admin: pki.Pair
    service_account_key: bytes


def ensure(folder: Path, names: Sequence[str], *, clock: Clock, entropy: Entropy) -> Certificates:
    """What is in `folder`, with what was missing or near its end made anew."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = clock.now()
    ca = pki.read(folder, "ca")
    if ca is None:
        ca = pki.authority("kubernetes", now=now, entropy=entropy)
        pki.write(folder, "ca", ca)
    authority = ca

    def kept(name: str, make: Callable[[], pki.Pair]) -> pki.Pair:
        found = pki.read(folder, name)
        if found is None or pki.identity(pki.der(found.certificate)).not_after < now + RENEW_BEFORE:
            found = make()
            pki.write(folder, name, found)
        return found

    apiserver = kept("apiserver", lambda: pki.server(authority, "kube-apiserver", names, now=now, entropy=entropy))
    admin = kept(
        "admin", lambda: pki.client(authority, "kubernetes-admin", ["system:masters"], now=now, entropy=entropy)
    )
    key = folder / "service-account.key"
    if not key.exists():
        pki.write_private(key, pki.new_signing_key())
    return Certificates(folder, ca, apiserver, admin, key.read_bytes())


def server_names(service_cidr: str, domain: str, addresses: Sequence[str]) -> list[str]:
    """Every name and address by which the API server is called."""
    inside = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{domain}"]
    first = str(ipaddress.IPv4Network(service_cidr)[1])
    return ["localhost", *inside, "127.0.0.1", "::1", first, *addresses]


def admin_kubeconfig(certificates: Certificates, url: str) -> str:
    """The administrator's kubeconfig, with everything inline."""

    def inline(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    return KUBECONFIG.format(
        server=url,
        ca=inline(certificates.ca.certificate),
        certificate=inline(certificates.admin.certificate),
        key=inline(certificates.admin.key),
    )


KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters:
- name: steersman
  cluster:
    server: {server}
    certificate-authority-data: {ca}
users:
- name: steersman-admin
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
contexts:
- name: steersman
  context:
    cluster: steersman
    user: steersman-admin
current-context: steersman
"""
"""Written out, because importing a YAML library would be a tenth of the API server's start."""
