"""`steersman down`: stop the cluster and remove every trace of it but its data."""

from typing import Annotated

import typer

from steersman.cli import output
from steersman.cli.up import DataDir
from steersman.cluster import config as configs
from steersman.cluster import datadir


def down(
    data_dir: DataDir = None,
    delete_data: Annotated[bool, typer.Option("--delete-data", help="Remove the data directory too.")] = False,
) -> None:
    """Stop the cluster: processes, containers, mounts, namespaces and cgroups go; objects stay for the next up."""
    data = datadir.DataDir((data_dir or configs.default_data_dir()).absolute())
    if not data.root.exists():
        output.out().print(f"no cluster in {data.root}")
        return
    import asyncio

    from steersman.cluster import teardown

    with output.err().status("stopping"):
        try:
            left = asyncio.run(teardown.down(data, delete_data=delete_data))
        except datadir.DataDirError as error:
            raise output.Refused(str(error)) from error
    if left:
        raise output.Refused("could not remove: " + ", ".join(left))
    output.out().print("stopped; " + ("its data is gone" if delete_data else f"its data stays in {data.root}"))
