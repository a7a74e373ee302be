"""The API server behind its sockets: loopback on the host, and the hub of the nodes where there is one."""

import errno
import socket
import ssl
from collections.abc import Sequence

from steersman.apiserver import server as apiservers
from steersman.cluster import datadir, pki
from steersman.kit import serve


class PortTaken(Exception):
    """The port cannot be had; one line, with the fix."""


def loopback(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes any free one.  Raises PortTaken."""
    try:
        return serve.listen("127.0.0.1", port)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            why = "is taken" if error.errno == errno.EADDRINUSE else "may not be opened by this user"
            raise PortTaken(f"port {port} of 127.0.0.1 {why}; use --port N, or --port 0 for any free one") from error
        raise


def tls(certificates: pki.Certificates) -> ssl.SSLContext:
    """TLS that asks for a client certificate and takes none for an answer."""
    folder = certificates.folder
    return serve.server_context(
        str(folder / "apiserver.crt"), str(folder / "apiserver.key"), client_ca=str(folder / "ca.crt")
    )


async def open_door(
    api: apiservers.ApiServer, certificates: pki.Certificates, sockets: Sequence[socket.socket]
) -> serve.Server:
    """Serve the API over TLS, with client certificates where a client has one."""
    door = serve.Server(api.handle, body_limit=api.services.config.body_limit, name="apiserver")
    await door.start(sockets, tls(certificates))
    return door


def write_kubeconfig(data: datadir.DataDir, certificates: pki.Certificates, url: str) -> None:
    """`admin.kubeconfig` in the data directory, for its owner only."""
    text = pki.admin_kubeconfig(certificates, url).encode()
    scratch = data.kubeconfig.with_suffix(".new")
    scratch.touch(mode=0o600)
    scratch.write_bytes(text)
    scratch.replace(data.kubeconfig)
