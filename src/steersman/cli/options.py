"""Options that several verbs take."""

from pathlib import Path
from typing import Annotated

import typer

from steersman.cluster import config as configs
from steersman.cluster import datadir

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the cluster lives.")]


def directory(given: Path | None) -> datadir.DataDir:
    """The cluster's directory: what was given, or where clusters live by default."""
    return datadir.DataDir((given or configs.default_data_dir()).absolute())


def flag(data: datadir.DataDir) -> str:
    """What a next command must carry to mean the same cluster; empty for the default one."""
    return "" if data.root == configs.default_data_dir().absolute() else f" --data-dir {data.root}"
