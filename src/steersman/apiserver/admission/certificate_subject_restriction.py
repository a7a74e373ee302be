"""CertificateSubjectRestriction: nobody asks for a client certificate of `system:masters`."""

import base64
import binascii

from cryptography import x509
from cryptography.x509.oid import NameOID

from steersman.apiserver.access import authorization
from steersman.apiserver.admission import certificate_approval
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import CREATES, Plugin

SIGNER = "kubernetes.io/kube-apiserver-client"


class CertificateSubjectRestriction(Plugin):
    name = "CertificateSubjectRestriction"
    resources = frozenset({certificate_approval.REQUESTS})
    operations = CREATES

    async def validate(self, a: Attributes) -> None:
        if a.at("spec", "signerName") != SIGNER:
            return
        try:
            parsed = x509.load_pem_x509_csr(base64.b64decode(a.at("spec", "request", default="")))
        except (ValueError, binascii.Error) as error:
            raise a.forbidden(f"failed to parse CSR: {error}") from error
        for organisation in parsed.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME):
            if organisation.value == authorization.SUPERUSERS:
                raise a.forbidden(f"use of {SIGNER} signer with {authorization.SUPERUSERS} group is not allowed")
