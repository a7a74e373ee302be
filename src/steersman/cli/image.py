"""`steersman image load`: bring images from an archive to every node."""

from pathlib import Path
from typing import Annotated

import typer

from steersman.cli import output
from steersman.cli.up import DataDir
from steersman.cluster import config as configs
from steersman.cluster import datadir

app = typer.Typer(help="Images on the cluster's nodes.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Images on the cluster's nodes."""


@app.command()
def load(
    archive: Annotated[Path, typer.Argument(help="A tar of `docker save`, or an OCI layout.")],
    data_dir: DataDir = None,
) -> None:
    """Import the images of an archive on every node."""
    import asyncio

    from steersman.cluster import images

    data = datadir.DataDir((data_dir or configs.default_data_dir()).absolute())
    try:
        names = asyncio.run(images.load(data, archive.absolute()))
    except images.ImageError as error:
        raise output.Refused(str(error)) from error
    for name in names:
        output.out().print(name)
