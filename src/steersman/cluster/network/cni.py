"""The CNI configuration of a node: how the runtime joins a pod to the node's network.  Pure but for `write`.

The plug-ins are the distribution's: a bridge in the node's namespace, addresses from the node's pod range.
Host ports are the proxy's work (the `portmap` plug-in needs iptables).
"""

import json
from pathlib import Path

from steersman.cluster.network.plan import NodeNetwork

NAME = "10-steersman.conflist"
BRIDGE = "cni0"


def config(node: NodeNetwork, state: Path) -> str:
    """The file's text; `state` keeps the addresses given out."""
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "hairpinMode": True,
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "dataDir": str(state),
            "ranges": [[{"subnet": node.pod_cidr}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    return json.dumps({"cniVersion": "1.0.0", "name": "steersman", "plugins": [bridge]}, indent=2) + "\n"


def write(node: NodeNetwork, folder: Path, state: Path) -> None:
    """Put it where containerd looks; a file that is right is left alone, so that nothing is reloaded."""
    folder.mkdir(parents=True, exist_ok=True)
    state.mkdir(parents=True, exist_ok=True)
    text = config(node, state)
    path = folder / NAME
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
