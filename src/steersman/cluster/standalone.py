"""`steersman apiserver`: the API server with no controllers.

Writes `D/admin.kubeconfig` and `D/pki/{ca.crt,admin.crt,admin.key}`, and prints one line
`ready https://127.0.0.1:P` on standard output once `/readyz` is ok.
"""

import asyncio
import sys
from pathlib import Path

from steersman.apiserver import config as apiconfig
from steersman.apiserver import server as apiservers
from steersman.cluster import advice, datadir, dialing, door, loop, pki
from steersman.kit import clock, entropy
from steersman.store import memory, protocol

SERVICE_CA = "openshift-service-ca.crt"
"""The recorded kube-apiserver projects this config map into every pod's token volume; so does this one, alone."""


def main(directory: Path, port: int, *, in_memory: bool = False) -> int:
    """Serve until told to stop; the exit code."""
    data = datadir.DataDir(directory.absolute())
    loop.configure_logging()
    try:
        data.prepare()
        with data.held():
            loop.run(lambda stop: serve(data, port, stop, in_memory=in_memory))
    except Exception as error:
        told = advice.advised(error, data)
        if told is None:
            raise
        sys.stderr.write(f"steersman: {told}\n")
        return 1
    return 0


async def serve(data: datadir.DataDir, port: int, stop: asyncio.Event, *, in_memory: bool) -> None:
    """An API server over the directory's store until `stop`."""
    time, chance = clock.RealClock(), entropy.SystemEntropy()
    socket = door.loopback(port)
    port = socket.getsockname()[1]
    url = f"https://127.0.0.1:{port}"
    names = pki.server_names("10.96.0.0/16", "cluster.local", [])
    certificates = pki.ensure(data.pki, names, clock=time, entropy=chance)
    store = await open_store(data, time, in_memory=in_memory)
    try:
        api = apiservers.ApiServer.build(
            store=store,
            clock=time,
            entropy=chance,
            config=apiconfig.Config(advertise_port=port, service_ca=SERVICE_CA),
            dialer=dialing.Dialing(store, time, chance),
            signing_key=certificates.service_account_key,
        )
        served = await door.open_door(api, certificates, [socket])
        try:
            await api.start()
            door.write_kubeconfig(data, certificates, url)
            sys.stdout.write(f"ready {url}\n")
            sys.stdout.flush()
            loop.started()
            await stop.wait()
        finally:
            await served.close()
            await api.close()
    finally:
        await store.close()


async def open_store(data: datadir.DataDir, time: clock.Clock, *, in_memory: bool) -> protocol.Store:
    """The directory's database, or one that is gone with the process."""
    if in_memory:
        return memory.MemoryStore()
    from steersman.store import sqlite

    return await sqlite.SqliteStore.open(data.store, clock=time)
