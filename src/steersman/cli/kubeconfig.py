"""`steersman kubeconfig`: the administrator's kubeconfig, printed or merged into the user's own."""

import os
from typing import Annotated

import typer

from steersman.cli import options, output


def kubeconfig(
    data_dir: options.DataDir = None,
    merge: Annotated[bool, typer.Option("--merge", help="Add it to your kubeconfig as context `steersman`.")] = False,
) -> None:
    """Print the kubeconfig of the cluster's administrator."""
    data = options.directory(data_dir)
    if not data.kubeconfig.exists():
        raise output.Refused(f"no cluster in {data.root}; `steersman up` makes one")
    if not merge:
        typer.echo(data.kubeconfig.read_text(), nl=False)
        return
    from steersman.cli import contexts
    from steersman.client import kubeconfig as kubeconfigs

    target = kubeconfigs.default_path(os.environ.get("KUBECONFIG"))
    try:
        current = contexts.merge(target, data.kubeconfig)
    except (kubeconfigs.KubeconfigError, OSError) as error:
        raise output.Refused(output.line(error)) from error
    use = "" if current else f"; to make it the current one: kubectl config use-context {contexts.NAME}"
    output.out().print(f"context {contexts.NAME} is in {target}{use}", markup=False)
