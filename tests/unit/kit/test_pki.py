"""An authority vouches for servers and clients, and TLS and Kubernetes read what it wrote."""

import pathlib
import ssl
import stat
import tempfile

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from steersman.kit import pki
from steersman.kit.entropy import SeededEntropy

NOW = 1_800_000_000.0


@pytest.fixture
def entropy() -> SeededEntropy:
    return SeededEntropy(1)


@pytest.fixture
def authority(entropy: SeededEntropy) -> pki.Pair:
    return pki.authority("steersman", now=NOW, entropy=entropy)


def test_a_client_certificate_names_user_and_groups(authority: pki.Pair, entropy: SeededEntropy) -> None:
    pair = pki.client(authority, "jane", ["devs", "system:masters"], now=NOW, entropy=entropy)
    who = pki.identity(pki.der(pair.certificate))
    assert (who.common_name, who.organisations) == ("jane", ("devs", "system:masters"))
    assert who.not_before == NOW - pki.LATE
    assert who.not_after == NOW + pki.YEAR


def test_a_certificate_never_outlives_its_authority(entropy: SeededEntropy) -> None:
    short = pki.authority("short", now=NOW, entropy=entropy, lifetime=100)
    pair = pki.client(short, "jane", now=NOW, entropy=entropy)
    assert pki.identity(pki.der(pair.certificate)).not_after == NOW + 100


def test_tls_accepts_a_server_of_the_authority_by_name_and_address(authority: pki.Pair, entropy: SeededEntropy) -> None:
    # TLS looks at the machine's clock, so these certificates must be valid now: a century is.
    late = pki.authority("ca", now=1_600_000_000, entropy=entropy, lifetime=100 * pki.YEAR)
    pair = pki.server(late, "api", ["kubernetes", "127.0.0.1"], now=1_600_000_000, entropy=entropy, lifetime=9e9)
    for name in ("kubernetes", "127.0.0.1"):
        assert _handshake(late, pair, name) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(late, pair, "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(authority, pair, "kubernetes")


def test_serial_numbers_differ_and_are_positive(authority: pki.Pair, entropy: SeededEntropy) -> None:
    pairs = [pki.client(authority, "jane", now=NOW, entropy=entropy) for _ in range(4)]
    serials = {pki.load_certificate(p.certificate).serial_number for p in pairs}
    assert len(serials) == 4
    assert all(0 < serial < 2**159 for serial in serials)


def test_a_written_key_is_for_its_owner_only_and_reads_back(tmp_path: pathlib.Path, authority: pki.Pair) -> None:
    pki.write(tmp_path / "pki", "ca", authority)
    assert stat.S_IMODE((tmp_path / "pki" / "ca.key").stat().st_mode) == 0o600
    assert pki.read(tmp_path / "pki", "ca") == authority
    assert pki.read(tmp_path / "pki", "other") is None
    assert sorted(p.name for p in (tmp_path / "pki").iterdir()) == ["ca.crt", "ca.key"]


def test_an_unusable_key_is_refused_by_name() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="Ed25519"):
        pki.load_key(pem)


def _handshake(authority: pki.Pair, server: pki.Pair, name: str) -> str | None:
    """Both ends of a TLS connection in memory."""
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        pki.write(pathlib.Path(folder), "server", server)
        listening.load_cert_chain(f"{folder}/server.crt", f"{folder}/server.key")
    asking = ssl.create_default_context(cadata=authority.certificate.decode())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = asking.wrap_bio(to_client, to_server, server_hostname=name)
    there = listening.wrap_bio(to_server, to_client, server_side=True)
    done = 0
    for _ in range(8):
        done = 0
        for end in (here, there):
            try:
                end.do_handshake()
                done += 1
            except ssl.SSLWantReadError:
                pass
        if done == 2:
            break
    return here.version() if done == 2 else None


def test_tokens_are_signed_with_rsa_and_an_older_key_still_loads() -> None:
    assert b"BEGIN PUBLIC KEY" in pki.public_pem(pki.new_signing_key())
    assert isinstance(pki.load_key(pki.new_signing_key()), rsa.RSAPrivateKey)
    assert isinstance(pki.load_key(pki.new_key()), ec.EllipticCurvePrivateKey)
