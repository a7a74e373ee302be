"""Who vouches for tokens: signing keys, signatures, and the two documents by which others check them.

Tokens are JWTs (ES256 or RS256, by the key).  What a token says and whether it still holds is `tokens`' matter.
The JWT library is imported with the first token, not with this module: a start does not wait for it.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from steersman.api.tree import Tree
from steersman.kit import pki

DEFAULT_ISSUER = "https://kubernetes.default.svc.cluster.local"
REMEMBERED = 4096
DISCOVERY_PATH = "/.well-known/openid-configuration"
KEYS_PATH = "/openid/v1/jwks"


class Refused(Exception):
    """The token is not good.  The text is for the log; a client only reads `Unauthorized`."""


class Issuer:
    """Signs with one key; accepts what that key, or one of `also` (public keys, PEM), signed."""

    def __init__(
        self,
        key: bytes,
        *,
        issuer: str = DEFAULT_ISSUER,
        audiences: Sequence[str] = (),
        also: Sequence[bytes] = (),
    ) -> None:
        self.issuer = issuer
        self.audiences = tuple(audiences) or (issuer,)
        """What a token is for when nobody says: this API server."""
        self._key = pki.load_key(key)
        publics = [self._key.public_key()]
        for pem in also:
            loaded = serialization.load_pem_public_key(pem)
            if not isinstance(loaded, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
                raise ValueError(f"cannot check tokens with a {type(loaded).__name__}")
            publics.append(loaded)
        self._publics = {_key_id(public): public for public in publics}
        self._id = _key_id(publics[0])
        self._checked: dict[bytes, Tree] = {}

    def sign(self, claims: Mapping[str, Any]) -> str:
        import jwt

        return jwt.encode(
            dict(claims), self._key, algorithm=_algorithm(self._key.public_key()), headers={"kid": self._id}
        )

    def check(self, token: str) -> Tree:
        """The claims of a token that one of our keys signed.  Raises Refused; looks at no time and no audience.

        Tokens that passed are remembered (by their digest): a signature stays good, and costs 0.1 ms to check.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._checked.get(digest)
        if known is None:
            known = self._verified(token)
            if len(self._checked) >= REMEMBERED:
                self._checked.clear()
            self._checked[digest] = known
        return known

    def _verified(self, token: str) -> Tree:
        import jwt

        try:
            wanted = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError as error:
            raise Refused(f"no token of ours: {error}") from error
        candidates = [self._publics[wanted]] if wanted in self._publics else list(self._publics.values())
        options = {f"verify_{what}": False for what in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
        for public in candidates:
            try:
                return cast(
                    Tree,
                    jwt.decode(token, public, algorithms=[_algorithm(public)], options=cast(Any, options)),
                )
            except jwt.PyJWTError:
                continue
        raise Refused("signed by nobody we know")

    def discovery(self, keys_url: str) -> bytes:
        """`/.well-known/openid-configuration`."""
        algorithms = sorted({_algorithm(public) for public in self._publics.values()})
        return json.dumps(
            {
                "issuer": self.issuer,
                "jwks_uri": keys_url,
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": algorithms,
            },
            separators=(",", ":"),
        ).encode()

    def keys(self) -> bytes:
        """`/openid/v1/jwks`: the public keys."""
        listed = []
        for key_id, public in self._publics.items():
            name = _algorithm(public)
            listed.append({"use": "sig", "kid": key_id, "alg": name, **_public_numbers(public)})
        return json.dumps({"keys": listed}, separators=(",", ":")).encode()


def _algorithm(public: pki.PublicKey) -> str:
    if isinstance(public, rsa.RSAPublicKey):
        return "RS256"
    return {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}[public.curve.name]


def _key_id(public: pki.PublicKey) -> str:
    encoded = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _base64url(hashlib.sha256(encoded).digest())


def _public_numbers(public: pki.PublicKey) -> dict[str, str]:
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": _integer(numbers.n), "e": _integer(numbers.e)}
    point, size = public.public_numbers(), (public.curve.key_size + 7) // 8
    curve = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}[public.curve.name]
    return {"kty": "EC", "crv": curve, "x": _integer(point.x, size), "y": _integer(point.y, size)}


def _integer(value: int, size: int = 0) -> str:
    return _base64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
