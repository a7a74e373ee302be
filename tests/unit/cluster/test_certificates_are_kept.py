"""What `D/pki` holds is made once; a directory from before goes on with the keys that it has."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from steersman.cluster import pki as certificates
from steersman.kit import pki
from steersman.kit.entropy import SeededEntropy
from steersman.kit.virtual import VirtualClock


def ensured(folder: Path) -> certificates.Certificates:
    return certificates.ensure(folder, ["localhost"], clock=VirtualClock(), entropy=SeededEntropy(1))


def test_tokens_of_a_new_cluster_are_signed_with_rsa(tmp_path: Path) -> None:
    first = ensured(tmp_path / "pki")
    assert isinstance(pki.load_key(first.service_account_key), rsa.RSAPrivateKey)
    again = ensured(tmp_path / "pki")
    assert again.service_account_key == first.service_account_key
    assert again.admin == first.admin


def test_a_directory_with_an_elliptic_key_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    folder.mkdir()
    pki.write_private(folder / "service-account.key", pki.new_key())
    assert isinstance(pki.load_key(ensured(folder).service_account_key), ec.EllipticCurvePrivateKey)
