"""A volume whose claim is made with the pod."""

from typing import Any

from steersman.api.validation import claims, selectors
from steersman.api.validation.errors import Errors

_ALLOWED = ("annotations", "labels", "creationTimestamp")


def ephemeral(tree: Any, at: str, e: Errors) -> None:
    template = tree.get("volumeClaimTemplate")
    if template is None:
        e.required(f"{at}.volumeClaimTemplate")
        return
    place = f"{at}.volumeClaimTemplate"
    metadata = template.get("metadata") or {}
    selectors.annotations(metadata.get("annotations"), f"{place}.metadata.annotations", e)
    selectors.labels(metadata.get("labels"), f"{place}.metadata.labels", e)
    for name in metadata:
        if name not in _ALLOWED and metadata[name]:
            e.forbidden(f"{place}.metadata.{name}", "cannot be set")
    claims.spec(template.get("spec") or {}, f"{place}.spec", e)
