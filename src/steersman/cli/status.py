"""`steersman status`: is it running, where, and what is in it."""

import typer

from steersman.cli import output
from steersman.cli.up import DataDir
from steersman.cluster import config as configs
from steersman.cluster import datadir, process


def status(data_dir: DataDir = None) -> None:
    """Whether the cluster runs, where it answers and what it was started with."""
    data = datadir.DataDir((data_dir or configs.default_data_dir()).absolute())
    out = output.out()
    running = process.read(data.process)
    if running is None:
        out.print(f"not running ({data.root})")
        raise typer.Exit(1)
    config = configs.load(data.config) or configs.ClusterConfig()
    out.print(f"running     {running.url}")
    out.print(f"process     {running.pid}")
    out.print(f"nodes       {config.nodes} with {config.runtime}, {config.simulated_nodes} simulated")
    out.print(f"data        {data.root}")
    out.print(f"kubeconfig  {data.kubeconfig}")
    out.print(f"log         {data.log}")
