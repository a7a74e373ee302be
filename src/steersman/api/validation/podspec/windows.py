"""Options that only Windows has."""

import re
from collections.abc import Iterator
from typing import Any

from steersman.api import names
from steersman.api.validation.errors import Errors

_SPEC_SIZE = 64 * 1024
_NETBIOS = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}')
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_USER = re.compile(r'["/\\:;|=,+*?<>@\[\]]')


def visit(spec: Any, at: str) -> Iterator[tuple[Any, str]]:
    """All containers with their places, init containers first."""
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(group) or ()):
            yield container, f"{at}.{group}[{index}]"


def options(tree: Any, at: str, e: Errors) -> None:
    if tree is None:
        return
    name, spec, user = tree.get("gmsaCredentialSpecName"), tree.get("gmsaCredentialSpec"), tree.get("runAsUserName")
    if name is not None:
        e.named(f"{at}.gmsaCredentialSpecName", name, names.dns1123_subdomain)
    if spec is not None:
        if not spec:
            e.invalid(f"{at}.gmsaCredentialSpec", spec, "gmsaCredentialSpec cannot be an empty string")
        elif len(spec) > _SPEC_SIZE:
            e.invalid(f"{at}.gmsaCredentialSpec", spec, "gmsaCredentialSpec size must be under 64 KiB")
    if user is not None:
        for text in _user(user):
            e.invalid(f"{at}.runAsUserName", user, text)


def _user(name: str) -> list[str]:
    if not name:
        return ["runAsUserName cannot be an empty string"]
    if _CONTROL.search(name):
        return ["runAsUserName cannot contain control characters"]
    domain, slash, user = name.partition("\\")
    if "\\" in user:
        return ["runAsUserName cannot contain more than one backslash"]
    if not slash:
        domain, user = "", name
    found = []
    if len(domain) >= 256:
        found.append("runAsUserName's Domain length must be under 256 characters")
    if slash and not _NETBIOS.fullmatch(domain) and not _DOMAIN.fullmatch(domain):
        found.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
    if not user:
        found.append("runAsUserName's User cannot be empty")
    elif len(user) > 104:
        found.append("runAsUserName's User length must not be longer than 104 characters")
    if user and not user.strip(". "):
        found.append("runAsUserName's User cannot contain only periods or spaces")
    if _BAD_USER.search(user):
        found.append("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
    return found


def host_process(spec: Any, at: str, e: Errors) -> None:
    """HostProcess containers come all or none, and only on the host's network."""
    of_pod = ((spec.get("securityContext") or {}).get("windowsOptions") or {}).get("hostProcess")
    total = hosted = 0
    for container, where in visit(spec, at):
        total += 1
        context = container.get("securityContext")
        own = ((context or {}).get("windowsOptions") or {}).get("hostProcess") if context else None
        if of_pod is not None and own is not None and of_pod != own:
            shown = "true" if of_pod else "false"
            why = f"pod hostProcess value must be identical if both are specified, was {shown}"
            e.invalid(f"{where}.securityContext.windowsOptions.hostProcess", own, why)
        if own or (own is None and of_pod):
            hosted += 1
    if not hosted:
        return
    if hosted != total:
        e.invalid(
            at, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"
        )
    if not spec.get("hostNetwork"):
        why = "hostNetwork must be true if pod contains any hostProcess containers"
        e.invalid(f"{at}.hostNetwork", False, why)
