"""`steersman down`: stop the cluster and remove every trace of it but its data."""

import os
from typing import Annotated

import typer

from steersman.cli import options, output
from steersman.cluster import datadir


def down(
    data_dir: options.DataDir = None,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Remove the data directory too, and the context from your kubeconfig.")
    ] = False,
) -> None:
    """Stop the cluster and remove every trace of it but its data.

    Processes, containers, mounts, namespaces and control groups go; objects stay for the next `up`.
    """
    data = options.directory(data_dir)
    if not ((data.root / "version").exists() and (data.root / "lock").exists()):  # --delete-data must not eat a home
        output.out().print(f"no cluster in {data.root}", markup=False)
        return
    import asyncio

    from steersman.cluster import teardown
    from steersman.cluster.network import setup

    ours = data.kubeconfig.read_text() if delete_data and data.kubeconfig.exists() else ""
    with output.err().status("stopping"):
        try:
            left = asyncio.run(teardown.down(data, delete_data=delete_data))
        except (datadir.DataDirError, setup.NetworkError) as error:
            raise output.Refused(output.line(error)) from error
        except PermissionError as error:
            what = f"{error.strerror}: {error.filename}" if error.filename else "its server is another user's"
            raise output.Refused(f"{what}; use sudo if the cluster was started so") from error
    if left:
        raise output.Refused("could not remove: " + ", ".join(left))
    output.out().print(
        "stopped; " + ("its data is gone" if delete_data else f"its data stays in {data.root}"), markup=False
    )
    if ours:
        _forget(ours)


def _forget(ours: str) -> None:
    """Take the context out of the user's kubeconfig if it is this cluster's and not a later one's."""
    from steersman.cli import contexts
    from steersman.client import kubeconfig

    target = kubeconfig.default_path(os.environ.get("KUBECONFIG"))
    try:
        if contexts.forget(target, ours):
            output.out().print(f"context {contexts.NAME} is gone from {target}", markup=False)
    except (kubeconfig.KubeconfigError, OSError) as error:
        output.err().print(f"context {contexts.NAME} stays in {target}: {output.line(error)}", markup=False)
