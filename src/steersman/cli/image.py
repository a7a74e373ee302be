"""`steersman image load`: bring images from an archive to every node."""

from pathlib import Path
from typing import Annotated

import typer

from steersman.cli import options, output

app = typer.Typer(help="Images on the cluster's nodes.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Images on the cluster's nodes."""


@app.command()
def load(
    archive: Annotated[Path, typer.Argument(help="A tar of `docker save`, or an OCI layout.")],
    data_dir: options.DataDir = None,
) -> None:
    """Import the images of an archive on every node."""
    import asyncio

    from steersman.cluster import images

    data = options.directory(data_dir)
    with output.err().status("reading the archive") as line:
        try:
            found = asyncio.run(
                images.load(data, archive.absolute(), lambda node: line.update(f"{node}: loading {archive.name}"))
            )
        except images.ImageError as error:
            raise output.Refused(output.line(error)) from error
    for name in dict.fromkeys(name for names in found.values() for name in names):
        nodes = [node for node, names in found.items() if name in names]
        output.out().print(f"{name}  {', '.join(nodes)}", markup=False)
