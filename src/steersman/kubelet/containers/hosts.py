"""The hosts file that a pod's containers share."""

from collections.abc import Sequence

from steersman.api.tree import Tree

HEAD = """\
# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""


def hosts_file(pod_ips: Sequence[str], hostname: str, domain: str, aliases: Sequence[Tree]) -> str:
    """Of a pod with a network of its own."""
    names = f"{hostname}.{domain}\t{hostname}" if domain else hostname
    return HEAD + "".join(f"{ip}\t{names}\n" for ip in pod_ips) + _aliases(aliases)


def host_network_file(own: str, aliases: Sequence[Tree]) -> str:
    """Of a pod in the node's network: the node's file and the pod's aliases."""
    return "# Kubernetes-managed hosts file (host network).\n" + own + _aliases(aliases)


def _aliases(aliases: Sequence[Tree]) -> str:
    if not aliases:
        return ""
    lines = "".join(f"{alias['ip']}\t" + "\t".join(alias.get("hostnames") or ()) + "\n" for alias in aliases)
    return f"\n# Entries added by HostAliases.\n{lines}"


def hostname(pod: Tree, domain: str) -> tuple[str, str, str]:
    """(what the kernel is told, the pod's host name, its domain)."""
    given = pod["spec"]
    if given.get("hostnameOverride"):
        return str(given["hostnameOverride"]), str(given["hostnameOverride"]), ""
    name = str(given.get("hostname") or pod["metadata"]["name"])[:63].rstrip("-.")
    own = f"{given['subdomain']}.{pod['metadata'].get('namespace')}.svc.{domain}" if given.get("subdomain") else ""
    if given.get("setHostnameAsFQDN") and own:
        return f"{name}.{own}", name, own
    return name, name, own
