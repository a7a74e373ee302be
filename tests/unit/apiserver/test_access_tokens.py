"""Tokens stand for accounts while what they name is there, and for nobody afterwards."""

import base64
import dataclasses
import json
from typing import Any

import jwt
import pytest

from steersman.api import status
from steersman.apiserver.access import authentication, reading, tokens
from steersman.kit import pki
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from steersman.kit.http import Request, User

NOW = 1_800_000_000.0
KEY = pki.new_key()


class Frozen(RealClock):
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> float:
        return self.time


def named(name: str, uid: str, namespace: str = "x", **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, "uid": uid}, **more}


@pytest.fixture
def reader() -> reading.Memory:
    memory = reading.Memory()
    memory.put(reading.SERVICE_ACCOUNTS, named("default", "sa-1"))
    memory.put(reading.PODS, named("p", "pod-1", spec={"serviceAccountName": "default", "nodeName": "n"}))
    memory.put(reading.NODES, {"metadata": {"name": "n", "uid": "node-1"}})
    return memory


@pytest.fixture
def clock() -> Frozen:
    return Frozen()


@pytest.fixture
def issuer() -> tokens.Issuer:
    return tokens.Issuer(KEY)


def request(token: str) -> Request:
    return Request("GET", "/", headers={"authorization": f"Bearer {token}"})


def answered(issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen, **spec: Any) -> dict[str, Any]:
    return tokens.answer(issuer, reader, clock, SeededEntropy(1), "x", "default", {"spec": spec})


POD = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": "pod-1"}


def test_a_bound_token_names_account_pod_and_node(issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen) -> None:
    answer = answered(issuer, reader, clock, boundObjectRef=POD, expirationSeconds=600)
    assert answer["status"]["expirationTimestamp"] == "2027-01-15T08:10:00Z"
    assert answer["spec"]["audiences"] == [tokens.DEFAULT_ISSUER]
    user = authentication.Authenticator(reader, clock, issuer=issuer).authenticate(request(answer["status"]["token"]))
    assert user.name == "system:serviceaccount:x:default"
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:x", "system:authenticated")
    assert user.uid == "sa-1"
    assert user.extra["authentication.kubernetes.io/pod-name"] == ("p",)
    assert user.extra["authentication.kubernetes.io/node-uid"] == ("node-1",)
    assert user.extra["authentication.kubernetes.io/credential-id"][0].startswith("JTI=")


def test_a_token_dies_with_its_pod_its_account_and_its_time(
    issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen
) -> None:
    token = answered(issuer, reader, clock, boundObjectRef=POD)["status"]["token"]
    authenticator = authentication.Authenticator(reader, clock, issuer=issuer)
    assert authenticator.authenticate(request(token)).uid == "sa-1"

    reader.put(reading.PODS, named("p", "pod-2", spec={"serviceAccountName": "default"}))
    with pytest.raises(status.StatusError) as refused:
        authenticator.authenticate(request(token))
    assert refused.value.code == 401
    reader.put(reading.PODS, named("p", "pod-1", spec={"serviceAccountName": "default"}))
    assert authenticator.token(token) is not None

    reader.put(reading.SERVICE_ACCOUNTS, named("default", "sa-2"))
    assert authenticator.token(token) is None
    reader.put(reading.SERVICE_ACCOUNTS, named("default", "sa-1"))
    clock.time += 3600
    assert authenticator.token(token) is None


def test_a_pod_being_deleted_keeps_its_token_for_a_minute(
    issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen
) -> None:
    token = answered(issuer, reader, clock, boundObjectRef=POD)["status"]["token"]
    pod = reader.get(reading.PODS, "x", "p")
    assert pod is not None
    reader.put(reading.PODS, {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": "2027-01-15T08:00:00Z"}})
    authenticator = authentication.Authenticator(reader, clock, issuer=issuer)
    assert authenticator.token(token) is not None
    clock.time += 61
    assert authenticator.token(token) is None


@pytest.mark.parametrize(
    ("kind", "resource", "namespace"), [("Secret", reading.SECRETS, "x"), ("Node", reading.NODES, "")]
)
def test_a_token_dies_with_the_object_it_is_bound_to(
    issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen, kind: str, resource: str, namespace: str
) -> None:
    owner = {"metadata": {"name": "o", "uid": "o-1", **({"namespace": namespace} if namespace else {})}}
    reader.put(resource, owner)
    bound = {"kind": kind, "apiVersion": "v1", "name": "o", "uid": "o-1"}
    token = answered(issuer, reader, clock, boundObjectRef=bound)["status"]["token"]
    authenticator = authentication.Authenticator(reader, clock, issuer=issuer)
    assert authenticator.token(token) is not None
    reader.remove(resource, namespace, "o")
    with pytest.raises(status.StatusError) as refused:
        authenticator.authenticate(request(token))
    assert refused.value.code == 401
    reader.put(resource, {"metadata": {**owner["metadata"], "uid": "o-2"}})
    assert authenticator.token(token) is None


def test_keys_of_both_families_sign(reader: reading.Memory, clock: Frozen) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = rsa.generate_private_key(65537, 2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both = tokens.Issuer(pem, also=[pki.public_pem(KEY)])
    old, new = (answered(each, reader, clock)["status"]["token"] for each in (tokens.Issuer(KEY), both))
    assert [jwt.get_unverified_header(token)["alg"] for token in (old, new)] == ["ES256", "RS256"]
    authenticator = authentication.Authenticator(reader, clock, issuer=both)
    assert authenticator.token(old) is not None
    assert authenticator.token(new) is not None
    assert [key["alg"] for key in json.loads(both.keys())["keys"]] == ["RS256", "ES256"]
    assert json.loads(both.discovery("u"))["id_token_signing_alg_values_supported"] == ["ES256", "RS256"]


def test_audiences_must_meet(issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen) -> None:
    token = answered(issuer, reader, clock, audiences=["vault", "other"])["status"]["token"]
    authenticator = authentication.Authenticator(reader, clock, issuer=issuer)
    assert authenticator.token(token) is None
    found = authenticator.token(token, ["vault", "nobody"])
    assert found is not None
    assert found[1] == ("vault",)


def test_nobody_elses_signature_counts(reader: reading.Memory, clock: Frozen) -> None:
    foreign = tokens.Issuer(pki.new_key())
    token = answered(foreign, reader, clock)["status"]["token"]
    assert authentication.Authenticator(reader, clock, issuer=tokens.Issuer(KEY)).token(token) is None
    trusting = tokens.Issuer(KEY, also=[pki.public_pem(pki.new_key())])
    assert authentication.Authenticator(reader, clock, issuer=trusting).token(token) is None


def test_an_unsigned_token_is_refused(issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen) -> None:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    said = tokens.claims(
        issuer, namespace="x", name="default", uid="sa-1", audiences=[issuer.issuer], now=NOW, lifetime=60, id="i"
    )
    token = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(said)}."
    assert authentication.Authenticator(reader, clock, issuer=issuer).token(token) is None


def test_an_automatic_volumes_token_lives_a_year_and_says_an_hour(
    issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen
) -> None:
    answer = answered(issuer, reader, clock, boundObjectRef=POD, expirationSeconds=3607)
    assert answer["status"]["expirationTimestamp"] == "2027-01-15T09:00:07Z"
    said = issuer.check(answer["status"]["token"])
    assert said["exp"] - said["iat"] == 365 * 86400
    assert said["kubernetes.io"]["warnafter"] == said["iat"] + 3607


TOO_SHORT = (
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: '
    "may not specify a duration less than 10 minutes"
)


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        ({"expirationSeconds": 10}, 422, TOO_SHORT),
        ({"boundObjectRef": {**POD, "name": "gone"}}, 404, 'pods "gone" not found'),
        (
            {"boundObjectRef": {**POD, "uid": "other"}},
            409,
            'Operation cannot be fulfilled on pods "p": ' + tokens.MOVED.format("other"),
        ),
        (
            {"boundObjectRef": {**POD, "kind": "Service"}},
            400,
            "cannot bind token to object of type /v1, Kind=Service",
        ),
        ({"boundObjectRef": {}}, 400, "cannot bind token to object of type /, Kind="),
        ({"boundObjectRef": {"kind": "Pod", "name": "gone"}}, 404, 'pods "gone" not found'),
    ],
)
def test_a_request_for_a_token_is_refused_in_the_references_words(
    issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen, spec: dict[str, Any], code: int, message: str
) -> None:
    with pytest.raises(status.StatusError) as refused:
        answered(issuer, reader, clock, **spec)
    assert (refused.value.code, refused.value.message) == (code, message)


def test_a_request_keeps_its_metadata_and_is_about_its_account(
    issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen
) -> None:
    def asked(**metadata: Any) -> dict[str, Any]:
        return tokens.answer(issuer, reader, clock, SeededEntropy(1), "x", "default", {"metadata": metadata})

    made = asked(labels={"a": "b"})["metadata"]
    assert (made["uid"], made["name"], made["labels"]) == ("sa-1", "default", {"a": "b"})
    with pytest.raises(status.StatusError) as refused:
        asked(name="other")
    assert (refused.value.code, refused.value.message) == (
        422,
        (
            'TokenRequest.authentication.k8s.io "default" is invalid: metadata.name: Invalid value: "other": '
            "must match the service account name if specified"
        ),
    )
    with pytest.raises(status.StatusError) as refused:
        asked(uid="zz")
    assert (refused.value.code, refused.value.message) == (
        409,
        (
            'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "default": the UID in the token '
            "request (zz) does not match the UID of the service account (sa-1)"
        ),
    )


def test_a_token_of_an_account_that_is_not_there(issuer: tokens.Issuer, clock: Frozen) -> None:
    with pytest.raises(status.StatusError) as refused:
        answered(issuer, reading.Memory(), clock)
    assert refused.value.message == 'serviceaccounts "default" not found'


def test_a_legacy_token_lives_in_its_secret(issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen) -> None:
    account = reader.get(reading.SERVICE_ACCOUNTS, "x", "default")
    assert account is not None
    token = tokens.legacy(issuer, account, "s")
    authenticator = authentication.Authenticator(reader, clock, issuer=issuer)
    assert authenticator.token(token) is None
    reader.put(reading.SECRETS, named("s", "s-1", data={"token": base64.b64encode(token.encode()).decode()}))
    found = authenticator.token(token)
    assert found is not None
    assert found[0].name == "system:serviceaccount:x:default"


def test_a_certificate_names_the_user(clock: Frozen) -> None:
    entropy = SeededEntropy(1)
    authority = pki.authority("ca", now=NOW, entropy=entropy)
    pair = pki.client(authority, "admin", ["system:masters"], now=NOW, entropy=entropy)
    authenticator = authentication.Authenticator(reading.Memory(), clock)
    asked = Request("GET", "/", certificate=pki.der(pair.certificate))
    user = authenticator.authenticate(asked)
    assert (user.name, user.groups) == ("admin", ("system:masters", "system:authenticated"))
    clock.time += 2 * pki.YEAR
    with pytest.raises(status.StatusError):
        authenticator.authenticate(asked)


def test_a_certificate_without_a_name_is_no_credential(clock: Frozen) -> None:
    entropy = SeededEntropy(1)
    authority = pki.authority("ca", now=NOW, entropy=entropy)
    pair = pki.client(authority, "", ["system:masters"], now=NOW, entropy=entropy)
    authenticator = authentication.Authenticator(reading.Memory(), clock)
    asked = Request("GET", "/", certificate=pki.der(pair.certificate))
    assert authenticator.authenticate(asked).name == "system:anonymous"


def test_without_a_credential_one_is_anonymous_and_with_a_bad_one_nobody(clock: Frozen) -> None:
    authenticator = authentication.Authenticator(reading.Memory(), clock, static={"s3cret": User("ci", ("robots",))})
    assert authenticator.authenticate(Request("GET", "/")) == User("system:anonymous", ("system:unauthenticated",))
    assert authenticator.authenticate(request("s3cret")).groups == ("robots", "system:authenticated")
    for bad in ("garbage", "a.b.c", "abcdef.0123456789abcdef"):
        with pytest.raises(status.StatusError) as refused:
            authenticator.authenticate(request(bad))
        assert refused.value.code == 401
    strict = authentication.Authenticator(reading.Memory(), clock, anonymous=False)
    with pytest.raises(status.StatusError):
        strict.authenticate(Request("GET", "/"))


def test_a_browser_sends_its_token_as_a_websocket_protocol(clock: Frozen) -> None:
    authenticator = authentication.Authenticator(reading.Memory(), clock, static={"s3cret": User("ci")})
    encoded = base64.urlsafe_b64encode(b"s3cret").rstrip(b"=").decode()
    protocols = f"base64url.bearer.authorization.k8s.io.{encoded}, v5.channel.k8s.io"
    headers = {"connection": "keep-alive, Upgrade", "upgrade": "WebSocket", "sec-websocket-protocol": protocols}
    assert authenticator.authenticate(Request("GET", "/", headers=headers)).name == "ci"
    del headers["upgrade"]
    assert authenticator.authenticate(Request("GET", "/", headers=headers)).name == "system:anonymous"


@pytest.mark.parametrize(
    "protocols",
    [
        "TOKEN",
        "TOKEN, TOKEN, v5.channel.k8s.io",
        "TOKEN=, v5.channel.k8s.io",
        "TOKEN!, v5.channel.k8s.io",
        "base64url.bearer.authorization.k8s.io.b3RoZXI, v5.channel.k8s.io",
        "base64url.bearer.authorization.k8s.io._w, v5.channel.k8s.io",
        "base64url.bearer.authorization.k8s.io.A, v5.channel.k8s.io",
    ],
    ids=["alone", "twice", "padded", "not base64url", "unknown", "not UTF-8", "cut short"],
)
def test_a_protocol_that_holds_no_good_token_is_nobody(clock: Frozen, protocols: str) -> None:
    authenticator = authentication.Authenticator(reading.Memory(), clock, static={"s3cret": User("ci")})
    encoded = base64.urlsafe_b64encode(b"s3cret").rstrip(b"=").decode()
    offered = protocols.replace("TOKEN", f"base64url.bearer.authorization.k8s.io.{encoded}")
    headers = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-protocol": offered}
    with pytest.raises(status.StatusError) as refused:
        authenticator.authenticate(Request("GET", "/", headers=headers))
    assert refused.value.code == 401


def test_an_empty_token_among_the_protocols_is_none(clock: Frozen) -> None:
    authenticator = authentication.Authenticator(reading.Memory(), clock)
    offered = "base64url.bearer.authorization.k8s.io., v5.channel.k8s.io"
    headers = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-protocol": offered}
    assert authenticator.authenticate(Request("GET", "/", headers=headers)).name == "system:anonymous"


def test_a_bootstrap_token_is_good_until_it_expires(clock: Frozen) -> None:
    reader = reading.Memory()
    data = {
        "token-id": "abcdef",
        "token-secret": "0123456789abcdef",
        "expiration": "2027-01-15T09:00:00Z",
        "usage-bootstrap-authentication": "true",
        "auth-extra-groups": "system:bootstrappers:workers",
    }
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    reader.put(
        reading.SECRETS,
        named("bootstrap-token-abcdef", "u", "kube-system", type="bootstrap.kubernetes.io/token", data=encoded),
    )
    authenticator = authentication.Authenticator(reader, clock)
    user = authenticator.authenticate(request("abcdef.0123456789abcdef"))
    assert user.name == "system:bootstrap:abcdef"
    assert user.groups == ("system:bootstrappers", "system:bootstrappers:workers", "system:authenticated")
    assert authenticator.token("abcdef.0123456789abcdee") is None
    clock.time += 3600
    assert authenticator.token("abcdef.0123456789abcdef") is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("usage-bootstrap-authentication", "false"),
        ("usage-bootstrap-authentication", ""),
        ("token-id", "fedcba"),
        ("token-secret", "fedcba9876543210"),
        ("expiration", "soon"),
        ("auth-extra-groups", "system:masters"),
    ],
)
def test_a_bootstrap_token_is_all_that_it_should_be(clock: Frozen, key: str, value: str) -> None:
    data = {"token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true"}
    reader = reading.Memory()
    authenticator = authentication.Authenticator(reader, clock)
    for given, good in ((data, True), ({**data, key: value}, False)):
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in given.items()}
        secret = named("bootstrap-token-abcdef", "u", "kube-system", type="bootstrap.kubernetes.io/token", data=encoded)
        reader.put(reading.SECRETS, secret)
        assert (authenticator.token("abcdef.0123456789abcdef") is not None) == good
        reader.put(reading.SECRETS, {**secret, "type": "Opaque"})
        assert authenticator.token("abcdef.0123456789abcdef") is None


def test_discovery_lets_others_check_our_tokens(issuer: tokens.Issuer, reader: reading.Memory, clock: Frozen) -> None:
    document = json.loads(issuer.discovery("https://127.0.0.1:6443/openid/v1/jwks"))
    assert document["issuer"] == tokens.DEFAULT_ISSUER
    assert document["id_token_signing_alg_values_supported"] == ["ES256"]
    clock.time = RealClock().now()
    token = answered(issuer, reader, clock)["status"]["token"]
    keys = jwt.PyJWKSet.from_json(issuer.keys().decode())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    said = jwt.decode(token, key, algorithms=["ES256"], audience=tokens.DEFAULT_ISSUER)
    assert said["sub"] == "system:serviceaccount:x:default"


def test_an_impersonated_user_is_proven_already() -> None:
    user = dataclasses.replace(User("x"), groups=("system:unauthenticated",))
    assert authentication.proven(user) is user
