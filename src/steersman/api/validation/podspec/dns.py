"""Name resolution in a pod."""

from collections.abc import Sequence

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import addresses
from steersman.api.validation.errors import Errors

POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_NAMESERVERS, _SEARCHES, _SEARCH_LENGTH = 3, 32, 2048


def config(spec: Tree, at: str, e: Errors) -> None:
    tree = spec.get("dnsConfig")
    if spec.get("dnsPolicy") == "None":
        if tree is None:
            e.required(at, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not tree.get("nameservers"):
            e.required(f"{at}.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")
            return
    if tree is None:
        return
    servers, searches = tree.get("nameservers") or [], tree.get("searches") or []
    if len(servers) > _NAMESERVERS:
        e.invalid(f"{at}.nameservers", servers, f"must not have more than {_NAMESERVERS} nameservers")
    for index, server in enumerate(servers):
        addresses.ip(server, f"{at}.nameservers[{index}]", e)
    if len(searches) > _SEARCHES:
        e.invalid(f"{at}.searches", searches, f"must not have more than {_SEARCHES} search paths")
    if len(" ".join(searches)) > _SEARCH_LENGTH:
        why = f"must not have more than {_SEARCH_LENGTH} characters (including spaces) in the search list"
        e.invalid(f"{at}.searches", searches, why)
    for index, search in enumerate(searches):
        if search != ".":
            e.named(f"{at}.searches[{index}]", search.removesuffix("."), _search)
    for index, option in enumerate(tree.get("options") or ()):
        if not option.get("name"):
            e.required(f"{at}.options[{index}]", "must not be empty")


_UNDERSCORES = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SEARCH = rf"{_UNDERSCORES}(\.{_UNDERSCORES})*"


def _search(value: str) -> list[str]:
    """A subdomain that may have underscores."""
    complaints = names.dns1123_subdomain(value.replace("_", "-"))
    if not complaints or "_" in value[:1] + value[-1:]:
        complaints = names.dns1123_subdomain(value.replace("_", "a"))
    shown = names.pattern_text(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', "
        "and must start and end with an alphanumeric character",
        _SEARCH, "example.com",
    )  # fmt: skip
    return [shown if "regex" in text else text for text in complaints]


def host_aliases(items: Sequence[Tree], at: str, e: Errors) -> None:
    for index, alias in enumerate(items):
        addresses.ip(alias.get("ip") or "", f"{at}[{index}].ip", e)
        for place, name in enumerate(alias.get("hostnames") or ()):
            e.named(f"{at}[{index}].hostnames[{place}]", name, names.dns1123_subdomain)
