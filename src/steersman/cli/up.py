"""`steersman up`: start the cluster, show what it does, say what to type next."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from steersman.cli import output
from steersman.cluster import config as configs
from steersman.cluster import datadir, doctor, process, progress

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the cluster lives.")]


def up(
    data_dir: DataDir = None,
    nodes: Annotated[int | None, typer.Option(help="Nodes with real containers.")] = None,
    simulated_nodes: Annotated[int | None, typer.Option(help="Nodes that only pretend; need no root.")] = None,
    runtime: Annotated[str | None, typer.Option(help="containerd or simulated.")] = None,
    port: Annotated[int | None, typer.Option(help="Of the API server on 127.0.0.1; 0 takes any free one.")] = None,
    egress: Annotated[bool | None, typer.Option("--egress/--no-egress", help="Whether pods reach beyond.")] = None,
    node_monitor_grace: Annotated[
        float | None, typer.Option(help="Seconds until a silent node is NotReady.", hidden=True)
    ] = None,
    pod_eviction_seconds: Annotated[
        int | None, typer.Option(help="Seconds until pods leave a NotReady node.", hidden=True)
    ] = None,
    static_pods: Annotated[Path | None, typer.Option(help="A folder of manifests for node1.")] = None,
    merge_kubeconfig: Annotated[
        bool, typer.Option("--kubeconfig/--no-kubeconfig", help="Add the context `steersman` to your kubeconfig.")
    ] = True,
    detach: Annotated[bool, typer.Option("--detach", help="Run in the background.")] = False,
) -> None:
    """Start a cluster, or the one that an earlier `up` made."""
    data = datadir.DataDir((data_dir or configs.default_data_dir()).absolute())
    running = process.read(data.process)
    if running is not None:
        output.out().print(f"already running: {running.url} (process {running.pid}, {data.root})")
        return
    try:
        kept = configs.load(data.config)
        if kept is None and nodes is None and os.geteuid() != 0 and simulated_nodes:
            nodes = 0
        config = configs.changed(
            kept or configs.ClusterConfig(),
            nodes=nodes,
            simulated_nodes=simulated_nodes,
            runtime=runtime,
            port=port,
            egress=egress,
            node_monitor_grace=node_monitor_grace,
            pod_eviction_seconds=pod_eviction_seconds,
            static_pods=str(static_pods.absolute()) if static_pods else None,
        )
        if config.nodes and config.runtime == "containerd":
            _check_machine(data.root)
        data.prepare()
        configs.save(data.config, config)
    except (configs.ConfigError, datadir.DataDirError) as error:
        raise output.Refused(str(error)) from error
    with started(data) as (server, steps):
        _show(steps, data, merge_kubeconfig=merge_kubeconfig)
        if not detach:
            output.err().print("Ctrl-C stops it; containers go with `steersman down`.")
            with contextlib.suppress(KeyboardInterrupt):
                server.wait()
            server.terminate()
            server.wait()


def _check_machine(root: Path) -> None:
    missing = doctor.blocking(doctor.verdict(doctor.examine(root)))
    if missing:
        raise output.Refused("; ".join(f"{f.what} (fix: {f.fix})" for f in missing))


@contextlib.contextmanager
def started(data: datadir.DataDir) -> Iterator[tuple["subprocess.Popen[bytes]", Iterator[progress.Step]]]:
    """A server in a session of its own, and the steps it tells."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "steersman.cli.main", "server", "--data-dir", str(data.root)]
    with data.log.open("ab") as log:
        server = subprocess.Popen(
            [*command, "--progress-fd", str(writing)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(writing,),
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", "")},
        )
    os.close(writing)
    with os.fdopen(reading, "rb") as source:
        yield server, progress.read(source)


def _show(steps: Iterator[progress.Step], data: datadir.DataDir, *, merge_kubeconfig: bool) -> None:
    """Follow the steps to the last; raises Refused on an error."""
    from rich import status as spinner

    err = output.err()
    with spinner.Status("starting", console=err) as line:
        for step in steps:
            if step.kind == "step":
                line.update(step.text)
                err.print(f"[green]✓[/] {step.text} [dim]{step.seconds:.2f} s[/]")
            elif step.kind == "warning":
                err.print(f"[yellow]![/] {step.text}")
            elif step.kind == "error":
                raise output.Refused(step.text)
            else:
                break
        else:
            raise output.Refused(f"the server ended before it was ready; its last words are in {data.log}")
    context = ""
    if merge_kubeconfig:
        from steersman.client import kubeconfig

        target = kubeconfig.default_path(os.environ.get("KUBECONFIG"))
        current = kubeconfig.merge(target, data.kubeconfig, context="steersman")
        context = "" if current else " --context steersman"
    _next_steps(step, data, context)


def _next_steps(step: progress.Step, data: datadir.DataDir, context: str) -> None:
    out = output.out()
    kubectl = shutil.which("kubectl") or str(Path(sys.executable).parent / "kubectl")
    kubectl = "kubectl" if shutil.which("kubectl") else kubectl
    out.print(f"\n{step.text} [dim]{step.seconds:.2f} s[/]\n")
    out.print("Next:")
    out.print(f"  {kubectl}{context} get nodes")
    out.print(f"  {kubectl}{context} create deployment web --image=IMAGE --replicas=3")
    out.print("  steersman status")
