"""Texts of the form `example.com/path`."""

import re

from steersman.api import names
from steersman.api.validation.errors import Errors

_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")


def prefixed_path(value: str, at: str, e: Errors) -> None:
    if not value:
        e.required(at)
        return
    host, _, path = value.partition("/")
    if not host or not path:
        e.invalid(at, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
        return
    for text in names.dns1123_subdomain(host):
        e.invalid(at, host, text)
    if not _PATH.fullmatch(path):
        e.invalid(at, path, f"Invalid path (regex used for validation is '{_PATH.pattern}')")
