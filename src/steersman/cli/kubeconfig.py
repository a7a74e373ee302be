"""`steersman kubeconfig`: the administrator's kubeconfig, printed or merged into the user's own."""

import os
from typing import Annotated

import typer

from steersman.cli import output
from steersman.cli.up import DataDir
from steersman.cluster import config as configs
from steersman.cluster import datadir


def kubeconfig(
    data_dir: DataDir = None,
    merge: Annotated[bool, typer.Option("--merge", help="Add it to your kubeconfig as context `steersman`.")] = False,
) -> None:
    """Print the kubeconfig of the cluster's administrator."""
    data = datadir.DataDir((data_dir or configs.default_data_dir()).absolute())
    if not data.kubeconfig.exists():
        raise output.Refused(f"no cluster in {data.root}; `steersman up` makes one")
    if not merge:
        typer.echo(data.kubeconfig.read_text(), nl=False)
        return
    from steersman.client import kubeconfig as kubeconfigs

    target = kubeconfigs.default_path(os.environ.get("KUBECONFIG"))
    kubeconfigs.merge(target, data.kubeconfig, context="steersman")
    output.out().print(f"context steersman is in {target}")
