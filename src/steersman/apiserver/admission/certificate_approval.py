"""CertificateApproval: who approves a request must be allowed to for its signer."""

from steersman.apiserver.access import attributes as asked
from steersman.apiserver.access import authorization
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin
from steersman.kit import http

GROUP = "certificates.k8s.io"
REQUESTS = "certificatesigningrequests.certificates.k8s.io"


class CertificateApproval(Plugin):
    name = "CertificateApproval"
    resources = frozenset({REQUESTS})
    subresources = frozenset({"approval"})
    operations = frozenset({Operation.UPDATE})

    async def validate(self, a: Attributes) -> None:
        signer = a.at("spec", "signerName", default="")
        if not may(self.context.authorizer, a.user, "approve", signer):
            raise a.forbidden(f'user not permitted to approve requests with signerName "{signer}"')


def may(authorizer: authorization.Authorizer, user: http.User, verb: str, signer: str) -> bool:
    """For the signer itself, or for all signers of its domain."""
    return any(
        authorizer.authorize(
            asked.Attributes(user, verb, group=GROUP, version="*", resource="signers", name=name)
        ).allowed
        for name in (signer, signer.partition("/")[0] + "/*")
    )
