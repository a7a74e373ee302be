"""`steersman up`: start the cluster, show what it does, say what to type next."""

import dataclasses
import importlib.util
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from steersman.cli import options, output
from steersman.cluster import config as configs
from steersman.cluster import datadir, doctor, launch, process, progress


def up(
    data_dir: options.DataDir = None,
    nodes: Annotated[int | None, typer.Option(help="Nodes with real containers.")] = None,
    simulated_nodes: Annotated[int | None, typer.Option(help="Nodes that only pretend; need no root.")] = None,
    runtime: Annotated[str | None, typer.Option(help="containerd or simulated.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Of the API server on 127.0.0.1; 0 takes any free one.  [default: 6443]")
    ] = None,
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
    data = options.directory(data_dir)
    given = {
        "nodes": nodes,
        "simulated_nodes": simulated_nodes,
        "runtime": runtime,
        "port": port,
        "egress": egress,
        "node_monitor_grace": node_monitor_grace,
        "pod_eviction_seconds": pod_eviction_seconds,
        "static_pods": str(static_pods.absolute()) if static_pods else None,
    }
    try:
        kept = configs.load(data.config)
        if kept is None and nodes is None and os.geteuid() != 0 and simulated_nodes:
            given["nodes"] = 0
        before = kept or configs.ClusterConfig()
        config = configs.changed(before, **given)
        running = process.read(data.process)
        if running is not None:
            _found(running, data, before, config, merge_kubeconfig=merge_kubeconfig)
            return
        _check(config, data)
        config = dataclasses.replace(config, port=launch.port(config.port, asked=port is not None))
        data.prepare()
        configs.save(data.config, config)
    except (configs.ConfigError, datadir.DataDirError, launch.LaunchError) as error:
        raise output.Refused(output.line(error)) from error
    if launch.adrift(data, config):
        _clear(data)
    with _interruptible(), launch.server(data) as server:
        wanted = port if port is not None else before.port
        if config.port != wanted:
            output.err().print(f"[yellow]![/] port {wanted} is taken: this cluster answers on {config.port}")
        ready = _follow(server.steps, data)
        _next(ready, data, config, _context(data, wanted=merge_kubeconfig))
        if detach:
            server.leave()
            return
        containers = f"; containers go with `{_steersman('down', data)}`" if config.nodes else ""
        output.err().print(f"Ctrl-C stops it{containers}.", markup=False)
        code = server.process.wait()
        if code:
            raise output.Refused(f"the cluster ended (exit code {code}); its last words are in {data.log}")


class _interruptible:  # noqa: N801  reads as a statement
    """Being ended (SIGTERM, or the terminal closed) is what Ctrl-C is: the server is ended, too.

    SIGINT itself is among them because a script's background job begins with it ignored.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, self._raise) for number in self.SIGNALS}

    def __exit__(self, *raised: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if isinstance(raised[1], KeyboardInterrupt):
            output.err().print("stopped")
            raise typer.Exit(130)

    @staticmethod
    def _raise(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt


def _check(config: configs.ClusterConfig, data: datadir.DataDir) -> None:
    """Refuse what this machine or the directory cannot do, before anything is made."""
    if config.runtime == "docker" and importlib.util.find_spec("steersman.cri.docker") is None:
        raise output.Refused("--runtime docker is not there yet; use containerd or simulated")
    root = data.root
    try:
        if root.exists() and not (root / "version").exists() and any(root.iterdir()):
            raise output.Refused(f"{root} holds other things than a cluster; use an empty or new --data-dir")
    except OSError as error:
        raise output.Refused(f"cannot use {root}: {error.strerror}; use --data-dir DIR") from error
    if config.static_pods and not Path(config.static_pods).is_dir():
        raise output.Refused(f"--static-pods {config.static_pods} is not a folder")
    if config.nodes and config.runtime == "containerd":
        missing = doctor.blocking(doctor.verdict(doctor.examine(root)))
        if missing:
            raise output.Refused("; ".join(f"{f.what} (fix: {f.fix})" for f in missing))


def _clear(data: datadir.DataDir) -> None:
    """End containers of an earlier life that the network of this one could not reach."""
    import asyncio

    from steersman.cluster import teardown
    from steersman.kit import clock

    async def clear() -> list[str]:
        with data.held():
            return await teardown.clear(data, clock.RealClock())

    try:
        left = asyncio.run(clear())
    except datadir.DataDirError as error:
        raise output.Refused(output.line(error)) from error
    if left:
        raise output.Refused("could not remove what an earlier start left: " + ", ".join(left))
    output.err().print("[yellow]![/] the network of the nodes is made anew, and their containers with it")


def _found(
    running: process.Running,
    data: datadir.DataDir,
    before: configs.ClusterConfig,
    wanted: configs.ClusterConfig,
    *,
    merge_kubeconfig: bool,
) -> None:
    """It runs already; what was asked must be what runs."""
    names = [
        field.name
        for field in dataclasses.fields(wanted)
        if getattr(before, field.name) != getattr(wanted, field.name)
        and not (field.name == "port" and wanted.port in (0, int(running.url.rpartition(":")[2] or 0)))
    ]
    if names:
        changes = ", ".join(f"{name.replace('_', '-')} {getattr(before, name)}" for name in names)
        stop = _steersman("down", data)
        raise output.Refused(f"already running with {changes}; to change that, first stop it: {stop}")
    step = progress.Step("ready", f"already running: {running.url} (process {running.pid}, {data.root})")
    _next(step, data, before, _context(data, wanted=merge_kubeconfig))


def _follow(steps: Iterator[progress.Step], data: datadir.DataDir) -> progress.Step:
    """Show the steps until the last of a good start; raises Refused on an error."""
    from rich import markup
    from rich import status as spinner

    err = output.err()
    with spinner.Status("starting", console=err) as line:
        for step in steps:
            text = markup.escape(step.text)
            if step.kind == "step":
                line.update(text)
                err.print(f"[green]✓[/] {text} [dim]{step.seconds:.2f} s[/]")
            elif step.kind == "warning":
                err.print(f"[yellow]![/] {text}")
            elif step.kind == "error":
                raise output.Refused(step.text)
            else:
                return step
    raise output.Refused(f"the server ended before it was ready; its last words are in {data.log}")


def _context(data: datadir.DataDir, *, wanted: bool) -> str:
    """What kubectl must be told to reach this cluster, after the context was put into the user's kubeconfig."""
    if not wanted:
        return f" --kubeconfig {data.kubeconfig}"
    from steersman.cli import contexts
    from steersman.client import kubeconfig

    target = kubeconfig.default_path(os.environ.get("KUBECONFIG"))
    try:
        current = contexts.merge(target, data.kubeconfig)
    except (kubeconfig.KubeconfigError, OSError) as error:
        said = f"{target} is left alone: {output.line(error)}"
        output.err().print("[yellow]![/]", end=" ")
        output.err().print(said, markup=False)
        return f" --kubeconfig {data.kubeconfig}"
    return "" if current else f" --context {contexts.NAME}"


def _next(step: progress.Step, data: datadir.DataDir, config: configs.ClusterConfig, context: str) -> None:
    out = output.out()
    kubectl = output.command("kubectl") + context
    took = f" [dim]{step.seconds:.2f} s[/]" if step.seconds else ""
    out.print()
    out.print(step.text, markup=False, end="")
    out.print(took)
    out.print("\nNext:")
    real = bool(config.nodes) and config.runtime != "simulated"
    create = f"{kubectl} create deployment web --replicas=3 --image="
    if real and not config.egress:
        commands = [f"{kubectl} get nodes", _steersman("image load IMAGE.tar", data), f"{create}IMAGE"]
    else:
        commands = [f"{kubectl} get nodes", f"{create}nginx", _steersman("status", data)]
    for command in commands:
        out.print(f"  {command}", markup=False)
    if not output.has("kubectl"):
        output.err().print("[yellow]![/] there is no kubectl here:", end=" ")
        output.err().print("pip install 'steersman[kubectl]'", markup=False)


def _steersman(words: str, data: datadir.DataDir) -> str:
    return f"{output.command('steersman')} {words}{options.flag(data)}"
