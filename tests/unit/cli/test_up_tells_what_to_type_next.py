"""`up` from its first step to its last, over a server that is a few steps on a list."""

import contextlib
import dataclasses
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from steersman.cluster import config as configs
from steersman.cluster import datadir, launch, process
from steersman.cluster.progress import Step

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": "QQ=="}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "c",
    "users": [{"name": "u", "user": {"token": "t"}}],
}
GOOD = [
    Step("step", "API server [really]", 0.5),
    Step("warning", "slow disk"),
    Step("ready", "Kubernetes answers", 1.0),
]
SIMULATED = ("--nodes", "0", "--simulated-nodes", "1", "--port", "0")


@dataclasses.dataclass
class Server:
    """A process that ends when told, and the steps that it would tell."""

    steps: Iterable[Step]
    command: Sequence[str] = ("sleep", "30")
    launched: launch.Launched | None = None

    @contextlib.contextmanager
    def __call__(self, data: datadir.DataDir) -> Iterator[launch.Launched]:
        data.kubeconfig.write_text(yaml.safe_dump(KUBECONFIG))
        self.launched = launch.Launched(subprocess.Popen(self.command), iter(self.steps))
        try:
            yield self.launched
        finally:
            self.launched.end()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def begin(steps: Iterable[Step], *command: str) -> Server:
        made.append(Server(steps, command or ("sleep", "30")))
        monkeypatch.setattr(launch, "server", made[-1])
        return made[-1]

    yield begin
    for server in made:
        if server.launched is not None:
            with contextlib.suppress(ProcessLookupError):
                server.launched.process.returncode = None
                server.launched.process.kill()
                server.launched.process.wait()


def test_steps_then_the_commands_of_this_very_cluster(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path, home: Path
) -> None:
    serve(GOOD)
    told = run("up", "--detach", "--data-dir", tmp_path / "data", *SIMULATED)
    assert told.code == 0
    assert "✓ API server [really] 0.50 s" in told.err
    assert "! slow disk" in told.err
    _, _, commands = told.out.partition("Next:\n")
    assert [line.split()[-1] for line in commands.splitlines()] == ["nodes", "--image=nginx", str(tmp_path / "data")]
    assert "Kubernetes answers 1.00 s" in told.out
    mine = yaml.safe_load((home / ".kube" / "config").read_text())
    assert mine["current-context"] == "steersman"


def test_a_detached_server_runs_on_and_a_failed_one_is_ended(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve(GOOD)
    assert run("up", "--detach", "--data-dir", tmp_path / "data", *SIMULATED).code == 0
    assert server.launched is not None
    assert process.start_time(server.launched.process.pid) is not None
    server = serve([Step("step", "API server"), Step("error", "no space left; free some")])
    told = run("up", "--detach", "--data-dir", tmp_path / "data2", *SIMULATED)
    assert told.code == 1
    assert told.err.endswith("steersman: no space left; free some\n")
    assert server.launched is not None
    assert process.start_time(server.launched.process.pid) is None


def test_a_server_that_ends_without_a_word_names_its_log(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path
) -> None:
    serve([Step("step", "API server")])
    told = run("up", "--detach", "--data-dir", tmp_path / "data", *SIMULATED)
    assert told.code == 1
    assert f"its last words are in {tmp_path / 'data' / 'server.log'}" in told.err


def test_in_the_foreground_its_end_is_told(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path
) -> None:
    serve(GOOD, "true")
    told = run("up", "--data-dir", tmp_path / "data", *SIMULATED)
    assert told.code == 0
    assert "Ctrl-C stops it" in told.err
    serve(GOOD, "sh", "-c", "exit 3")
    told = run("up", "--data-dir", tmp_path / "data", *SIMULATED)
    assert told.code == 1
    assert "the cluster ended (exit code 3)" in told.err


def test_ctrl_c_while_it_starts_ends_the_server(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path
) -> None:
    def interrupted() -> Iterator[Step]:
        yield GOOD[0]
        raise KeyboardInterrupt

    server = serve(interrupted())
    told = run("up", "--detach", "--data-dir", tmp_path / "data", *SIMULATED)
    assert told.code == 130
    assert told.err.endswith("stopped\n")
    assert server.launched is not None
    assert server.launched.process.poll() is not None


def test_another_current_context_stays_and_is_named(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path, home: Path
) -> None:
    (home / ".kube").mkdir()
    (home / ".kube" / "config").write_text("current-context: work\ncontexts: [{name: work, context: {}}]\n")
    serve(GOOD)
    told = run("up", "--detach", "--data-dir", tmp_path / "data", *SIMULATED)
    assert " --context steersman get nodes" in told.out


def test_a_kubeconfig_that_cannot_be_read_is_left_alone_and_the_cluster_runs(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path, home: Path
) -> None:
    (home / ".kube").mkdir()
    (home / ".kube" / "config").write_text("{{{")
    serve(GOOD)
    told = run("up", "--detach", "--data-dir", tmp_path / "data", *SIMULATED)
    assert told.code == 0
    assert "is left alone" in told.err
    assert f" --kubeconfig {tmp_path / 'data' / 'admin.kubeconfig'} get nodes" in told.out
    assert (home / ".kube" / "config").read_text() == "{{{"


def test_without_egress_images_come_from_an_archive(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steersman.cluster.doctor.blocking", lambda findings: [])
    serve(GOOD)
    told = run("up", "--detach", "--no-egress", "--port", "0", "--data-dir", tmp_path / "data")
    assert "image load IMAGE.tar" in told.out


def test_a_taken_port_that_nobody_asked_for_is_replaced_and_kept(
    run: Callable[..., Any], serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = datadir.DataDir(tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        data.prepare()
        configs.save(data.config, configs.ClusterConfig(nodes=0, simulated_nodes=1, port=port))
        serve(GOOD)
        told = run("up", "--detach", "--data-dir", data.root)
    kept = configs.load(data.config)
    assert kept is not None
    assert kept.port not in (0, port)
    assert f"port {port} is taken: this cluster answers on {kept.port}" in told.err


def test_a_second_up_finds_the_first_and_tells_the_same_commands(run: Callable[..., Any], tmp_path: Path) -> None:
    data = datadir.DataDir(tmp_path / "data")
    data.prepare()
    data.kubeconfig.write_text(yaml.safe_dump(KUBECONFIG))
    configs.save(data.config, configs.ClusterConfig(nodes=0, simulated_nodes=1))
    process.write(data.process, process.myself("https://127.0.0.1:7443", data.id))
    told = run("up", "--data-dir", data.root, "--port", "7443")
    assert told.code == 0
    assert "already running: https://127.0.0.1:7443" in told.out
    assert "get nodes" in told.out
