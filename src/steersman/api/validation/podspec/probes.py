"""Probes and lifecycle hooks: one handler each."""

import re
from typing import Any

from steersman.api.validation import addresses
from steersman.api.validation.errors import Errors

_SCHEMES = ("HTTP", "HTTPS")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_TIMES = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_HEADER = re.compile("[-A-Za-z0-9]+")
_HEADER_TEXT = (
    "a valid HTTP header must consist of alphanumeric characters or '-' "
    "(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
)


def probes(container: Any, at: str, e: Errors, grace: int | None) -> None:
    """Liveness, readiness and start-up, in this order."""
    found = container.get("livenessProbe")
    if found is not None:
        _probe(found, f"{at}.livenessProbe", e, grace)
        _once(found, f"{at}.livenessProbe", e)
    found = container.get("readinessProbe")
    if found is not None:
        _probe(found, f"{at}.readinessProbe", e, grace)
        if found.get("terminationGracePeriodSeconds") is not None:
            value = found["terminationGracePeriodSeconds"]
            place = f"{at}.readinessProbe.terminationGracePeriodSeconds"
            e.invalid(place, value, "must not be set for readinessProbes")
    found = container.get("startupProbe")
    if found is not None:
        _probe(found, f"{at}.startupProbe", e, grace)
        _once(found, f"{at}.startupProbe", e)


def _once(probe: Any, at: str, e: Errors) -> None:
    if probe.get("successThreshold", 0) != 1:
        e.invalid(f"{at}.successThreshold", probe.get("successThreshold", 0), "must be 1")


def _probe(probe: Any, at: str, e: Errors, grace: int | None) -> None:
    handler(probe, at, e, grace)
    for name in _TIMES:
        value = probe.get(name)
        if value is not None and value < 0:
            e.not_negative(f"{at}.{name}", value)
    seconds = probe.get("terminationGracePeriodSeconds")
    if seconds is not None and seconds <= 0:
        e.invalid(f"{at}.terminationGracePeriodSeconds", seconds, "must be greater than 0")


def lifecycle(tree: Any, at: str, e: Errors, grace: int | None) -> None:
    for name in ("postStart", "preStop"):
        if tree.get(name) is not None:
            handler(tree[name], f"{at}.{name}", e, grace)


def handler(tree: Any, at: str, e: Errors, grace: int | None) -> None:
    found = False
    for name in _HANDLERS:
        each = tree.get(name)
        if each is None:
            continue
        if found:
            e.forbidden(f"{at}.{name}", "may not specify more than 1 handler type")
            continue
        found = True
        place = f"{at}.{name}"
        if name == "exec":
            if not each.get("command"):
                e.required(f"{place}.command")
        elif name == "httpGet":
            _http_get(each, place, e)
        elif name == "sleep":
            _sleep(each.get("seconds") or 0, place, e, grace)
        else:
            addresses.port_or_name(each.get("port"), f"{place}.port", e)
    if not found:
        e.required(at, "must specify a handler type")


def _http_get(tree: Any, at: str, e: Errors) -> None:
    if not tree.get("path"):
        e.required(f"{at}.path")
    addresses.port_or_name(tree.get("port"), f"{at}.port", e)
    scheme = tree.get("scheme") or ""
    if scheme not in _SCHEMES:
        e.unsupported(f"{at}.scheme", scheme, _SCHEMES)
    for header in tree.get("httpHeaders") or ():
        name = header.get("name") or ""
        if not _HEADER.fullmatch(name):
            e.invalid(f"{at}.httpHeaders", name, _HEADER_TEXT)


def _sleep(seconds: int, at: str, e: Errors, grace: int | None) -> None:
    if grace is not None and not 0 <= seconds <= grace:
        why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
        e.invalid(at, seconds, why)
