"""How names are resolved in a pod: its resolv.conf as a value, from its policy and its own wishes."""

import dataclasses
from collections.abc import Iterable, Sequence

from steersman.api.tree import Tree
from steersman.kubelet.pods import spec

MAX_SERVERS = 3
MAX_SEARCHES = 32


@dataclasses.dataclass(frozen=True, slots=True)
class Dns:
    servers: Sequence[str] = ()
    searches: Sequence[str] = ()
    options: Sequence[str] = ()


def parse_resolv(text: str) -> Dns:
    """The parts of a resolv.conf that pods are given."""
    servers: list[str] = []
    searches: Sequence[str] = ()
    options: Sequence[str] = ()
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if not words:
            continue
        if words[0] == "nameserver" and len(words) > 1:
            servers.append(words[1])
        elif words[0] == "search":
            searches = [w.rstrip(".") if w != "." else w for w in words[1:]]
        elif words[0] == "options":
            options = words[1:]
    return Dns(servers, searches, options)


def pod_dns(pod: Tree, cluster: Sequence[str], domain: str, host: Dns) -> Dns:
    """`cluster` are the addresses of the cluster's DNS, `host` what the node itself uses."""
    policy = pod["spec"].get("dnsPolicy") or "ClusterFirst"
    if (policy == "ClusterFirst" and spec.is_host_network(pod)) or (policy != "None" and not cluster):
        policy = "Default"
    if policy == "None":
        base = Dns()
    elif policy == "Default":
        base = host
    else:
        own = [f"{spec.namespace(pod)}.svc.{domain}", f"svc.{domain}", domain] if domain else []
        base = Dns(list(cluster), _unique([*own, *host.searches]), ["ndots:5"])
    return _merged(base, pod["spec"].get("dnsConfig") or {})


def _merged(base: Dns, wishes: Tree) -> Dns:
    options = {option.partition(":")[0]: option for option in base.options}
    for option in wishes.get("options") or ():
        value = option.get("value")
        options[option["name"]] = f"{option['name']}:{value}" if value else str(option["name"])
    return Dns(
        _unique([*base.servers, *(wishes.get("nameservers") or ())])[:MAX_SERVERS],
        _unique([*base.searches, *(wishes.get("searches") or ())])[:MAX_SEARCHES],
        list(options.values()),
    )


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
