"""`steersman status`: is it running, where, and what is in it."""

import typer

from steersman.cli import options, output
from steersman.cluster import config as configs
from steersman.cluster import datadir, process


def status(data_dir: options.DataDir = None) -> None:
    """Whether the cluster runs, where it answers and what is in it."""
    data = options.directory(data_dir)
    running = process.read(data.process)
    if running is None:
        _say(_absent(data))
        raise typer.Exit(1)
    config = configs.load(data.config) or configs.ClusterConfig()
    import asyncio

    from steersman.cli import overview
    from steersman.kit import clock

    failed = False
    nodes, pods = f"{config.nodes} with {config.runtime}, {config.simulated_nodes} simulated", ""
    try:
        found = asyncio.run(overview.ask(data.kubeconfig, clock.RealClock()))
    except overview.Unanswered as error:
        failed, pods = True, ""
        _say(f"running     {running.url}, but it does not answer: {output.line(error)}")
    else:
        nodes, pods = found.nodes, found.pods
        _say(f"running     {running.url}")
    _say(f"process     {running.pid}")
    _say(f"nodes       {nodes}")
    if pods:
        _say(f"pods        {pods}")
    _say(f"data        {data.root}")
    _say(f"kubeconfig  {data.kubeconfig}")
    _say(f"log         {data.log}")
    if failed:
        raise typer.Exit(1)


def _absent(data: datadir.DataDir) -> str:
    """What to say of a cluster whose server is not ready."""
    from steersman.cluster import teardown
    from steersman.cri.containerd import processes

    holder = teardown.holder(data)
    if holder is not None:
        return f"starting or ending: process {holder.pid} ({data.root})"
    left = [
        path.parent.parent.name
        for path in sorted((data.root / "nodes").glob("*/containerd/pid"))
        if processes.recall(path) is not None
    ]
    text = f"not running ({data.root})"
    return f"{text}; the containers of {', '.join(left)} are: `steersman down` ends them" if left else text


def _say(text: str) -> None:
    output.out().print(text, markup=False)
