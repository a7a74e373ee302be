"""CertificateSigning: who puts a certificate into a request must be allowed to sign for its signer."""

from steersman.api.tree import at
from steersman.apiserver.admission import certificate_approval
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin


class CertificateSigning(Plugin):
    name = "CertificateSigning"
    resources = frozenset({certificate_approval.REQUESTS})
    subresources = frozenset({"status"})
    operations = frozenset({Operation.UPDATE})

    async def validate(self, a: Attributes) -> None:
        old = a.old or {}
        if all(at(old, "status", what) == a.at("status", what) for what in ("certificate", "conditions")):
            return
        signer = at(old, "spec", "signerName", default="")
        if not certificate_approval.may(self.context.authorizer, a.user, "sign", signer):
            raise a.forbidden(f'user not permitted to sign requests with signerName "{signer}"')
