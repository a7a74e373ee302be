"""Keys and certificates: a cluster's authority, who it vouches for, and how a certificate names somebody.

Keys are ECDSA P-256: made in a tenth of a millisecond where RSA takes tens, and every TLS stack since 2012
reads them.  `Pair` is what travels: both halves in PEM, so that it can be written to a file, put into a
kubeconfig or handed to `ssl` as it is.

Promised: time and serial numbers come from the caller, a certificate begins five minutes before `now` (clocks
of other machines are late), a key file is readable by its owner only.
Not promised: revocation; a lost key is answered by a new authority.
"""

import contextlib
import dataclasses
import datetime as dt
import functools
import ipaddress
import os
import pathlib
from collections.abc import Sequence
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from steersman.kit import entropy as entropies

DAY = 86400.0
YEAR = 365 * DAY
LATE = 300.0
"""How much earlier than `now` a certificate is valid, in seconds."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """Whom a certificate names: Kubernetes reads user and groups from it."""

    common_name: str
    organisations: tuple[str, ...]
    not_before: float
    not_after: float


def new_key() -> bytes:
    """A P-256 private key, PEM (PKCS 8)."""
    return key_pem(ec.generate_private_key(ec.SECP256R1()))


def new_signing_key() -> bytes:
    """A 2048-bit RSA private key, PEM (PKCS 8): 20-90 ms to make, and what tokens are signed with elsewhere."""
    return key_pem(rsa.generate_private_key(65537, 2048))


def key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@functools.lru_cache(maxsize=64)
def load_key(pem: bytes) -> PrivateKey:
    """The private key of a PEM text.  Raises ValueError when it is neither RSA nor elliptic.

    The keys are our own: whether an RSA key's primes are prime is not looked at, which would take 40 ms.
    """
    key = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError(f"cannot use a {type(key).__name__}: an RSA or an elliptic curve key is needed")
    return key


def public_pem(pem: bytes) -> bytes:
    """The public half of a private key, PEM."""
    return (
        load_key(pem)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def authority(common_name: str, *, now: float, entropy: entropies.Entropy, lifetime: float = 10 * YEAR) -> Pair:
    """A self-signed certificate that may sign others."""
    pem = new_key()
    key = load_key(pem)
    subject = _name(common_name, ())
    built = (
        _builder(subject, subject, key.public_key(), now, lifetime, entropy)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Pair(_pem(built), pem)


def server(
    issuer: Pair,
    common_name: str,
    names: Sequence[str],
    *,
    now: float,
    entropy: entropies.Entropy,
    organisations: Sequence[str] = (),
    lifetime: float = YEAR,
) -> Pair:
    """A server's certificate for host names and addresses; either kind may stand in `names`."""
    pem = new_key()
    built = issue(
        issuer,
        load_key(pem).public_key(),
        common_name,
        organisations,
        names=names,
        usages=("server auth",),
        now=now,
        lifetime=lifetime,
        entropy=entropy,
    )
    return Pair(built, pem)


def client(
    issuer: Pair,
    common_name: str,
    organisations: Sequence[str] = (),
    *,
    now: float,
    entropy: entropies.Entropy,
    lifetime: float = YEAR,
) -> Pair:
    """A client's certificate: the common name is the user, the organisations are its groups."""
    pem = new_key()
    built = issue(
        issuer,
        load_key(pem).public_key(),
        common_name,
        organisations,
        usages=("client auth",),
        now=now,
        lifetime=lifetime,
        entropy=entropy,
    )
    return Pair(built, pem)


USAGES = {
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
}
"""Extended key usages by the names that certificate signing requests use."""


def issue(
    issuer: Pair,
    key: PublicKey,
    common_name: str,
    organisations: Sequence[str] = (),
    *,
    usages: Sequence[str],
    now: float,
    lifetime: float,
    entropy: entropies.Entropy,
    names: Sequence[str] = (),
    other_names: Sequence[x509.GeneralName] = (),
) -> bytes:
    """A certificate (PEM) for somebody's public key, signed by `issuer`; it never outlives the issuer."""
    parent = load_certificate(issuer.certificate)
    lifetime = min(lifetime, parent.not_valid_after_utc.timestamp() - now)
    builder = (
        _builder(_name(common_name, organisations), parent.subject, key, now, lifetime, entropy)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(encipher=isinstance(key, rsa.RSAPublicKey)), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(load_key(issuer.key).public_key()), critical=False
        )
    )
    extended = [USAGES[usage] for usage in usages if usage in USAGES]
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    alternatives = [*map(_alternative, names), *other_names]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return _pem(builder.sign(load_key(issuer.key), hashes.SHA256()))


def request(key: bytes, common_name: str, organisations: Sequence[str] = (), names: Sequence[str] = ()) -> bytes:
    """A request to be certified (PKCS 10, PEM), signed with one's own key: what a node asks a signer with."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(common_name, organisations))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_alternative, names))), critical=False)
    return builder.sign(load_key(key), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@functools.lru_cache(maxsize=64)
def load_certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


@functools.lru_cache(maxsize=256)
def identity(der: bytes) -> Identity:
    """Whom a certificate in DER names.  The last common name counts, as in Go's `crypto/x509`."""
    certificate = x509.load_der_x509_certificate(der)
    return Identity(
        common_name=(_texts(certificate.subject, NameOID.COMMON_NAME) or [""])[-1],
        organisations=tuple(_texts(certificate.subject, NameOID.ORGANIZATION_NAME)),
        not_before=certificate.not_valid_before_utc.timestamp(),
        not_after=certificate.not_valid_after_utc.timestamp(),
    )


def der(pem: bytes) -> bytes:
    """The first certificate of a PEM text in DER, as TLS hands it over."""
    return load_certificate(pem).public_bytes(serialization.Encoding.DER)


def write(folder: pathlib.Path, name: str, pair: Pair) -> None:
    """Write `name.crt` and `name.key` into a folder, the key for its owner only; each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / f"{name}.key", pair.key)
    write_private(folder / f"{name}.crt", pair.certificate, mode=0o644)


def read(folder: pathlib.Path, name: str) -> Pair | None:
    """What `write` wrote; None where either file is missing."""
    try:
        return Pair((folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes())
    except FileNotFoundError:
        return None


def write_private(path: pathlib.Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that never exists half, nor readable to others for a moment."""
    unfinished = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        unfinished.unlink()
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _texts(name: x509.Name, kind: x509.ObjectIdentifier) -> list[str]:
    return [cast(str, part.value) for part in name.get_attributes_for_oid(kind)]


def _name(common_name: str, organisations: Sequence[str]) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, o) for o in organisations]
    if common_name:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PublicKey,
    now: float,
    lifetime: float,
    entropy: entropies.Entropy,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number((int.from_bytes(entropy.secret(16), "big") >> 1) | 1)
        .not_valid_before(_moment(now - LATE))
        .not_valid_after(_moment(now + lifetime))
    )


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC)


def _usage(*, sign_certificates: bool = False, encipher: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=encipher,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
