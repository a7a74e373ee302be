"""`steersman status`, against a server of two lists."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from steersman.cli import overview
from steersman.cluster import datadir, process
from steersman.cri.containerd import processes
from steersman.kit import clock, http, serve


def node(name: str, ready: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


def pod(phase: str) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"containers": []}, "status": {"phase": phase}}


NODES = {"kind": "NodeList", "items": [node("a", "True"), node("b", "Unknown"), {"metadata": {"name": "c"}}]}
PODS = {"kind": "PodList", "items": [pod("Pending"), pod("Running"), pod("Running")]}


def test_figures_are_counted() -> None:
    found = overview.count(msgspec.json.encode(NODES), msgspec.json.encode(PODS))
    assert found.nodes == "1 of 3 Ready; not b, c"
    assert found.pods == "3 (2 Running, 1 Pending)"


def test_an_empty_cluster_has_no_pods_and_many_names_are_cut_short() -> None:
    many = {"items": [node(f"n{index}", "False") for index in range(5)]}
    found = overview.count(msgspec.json.encode(many), b'{"items": []}')
    assert found.nodes == "0 of 5 Ready; not n0, n1, n2 and 2 more"
    assert found.pods == "none"


def kubeconfig(path: Path, server: str) -> Path:
    tree = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    path.write_text(yaml.safe_dump(tree))
    return path


@pytest.mark.parametrize("status", [200, 503])
async def test_the_server_is_asked_as_the_administrator(tmp_path: Path, status: int) -> None:
    asked: list[tuple[str, str]] = []

    async def handle(request: http.Request) -> http.Answer:
        asked.append((request.path, request.headers["authorization"]))
        body = NODES if request.path.endswith("nodes") else PODS
        return http.Response(status, chunks=(msgspec.json.encode(body),))

    listening = serve.listen("127.0.0.1", 0)
    server = serve.Server(handle, body_limit=1000, name="test")
    await server.start([listening])
    try:
        admin = kubeconfig(tmp_path / "admin", f"http://127.0.0.1:{listening.getsockname()[1]}")
        if status == 200:
            assert (await overview.ask(admin, clock.RealClock())).nodes == "1 of 3 Ready; not b, c"
            assert asked == [("/api/v1/nodes", "Bearer t"), ("/api/v1/pods", "Bearer t")]
        else:
            with pytest.raises(overview.Unanswered, match="/api/v1/nodes answers 503"):
                await overview.ask(admin, clock.RealClock())
    finally:
        await server.close(0.1)


def test_a_server_that_does_not_answer_is_said_and_the_rest_is_shown(run: Callable[..., Any], tmp_path: Path) -> None:
    data = datadir.DataDir(tmp_path / "data")
    data.prepare()
    with serve.listen("127.0.0.1", 0) as gone:
        port = gone.getsockname()[1]
    process.write(data.process, process.myself(f"https://127.0.0.1:{port}", data.id))
    kubeconfig(data.kubeconfig, f"http://127.0.0.1:{port}")
    told = run("status", "--data-dir", data.root)
    assert told.code == 1
    assert "but it does not answer: cannot reach" in told.out
    assert f"log         {data.log}" in told.out


def test_what_does_not_run_is_told_apart(run: Callable[..., Any], tmp_path: Path) -> None:
    data = datadir.DataDir(tmp_path / "data")
    assert run("status", "--data-dir", data.root).out == f"not running ({data.root})\n"
    data.prepare()
    with data.held():
        told = run("status", "--data-dir", data.root)
    assert (told.code, told.out) == (1, f"starting or ending: process {os.getpid()} ({data.root})\n")
    left = data.node("node1") / "containerd"
    left.mkdir(parents=True)
    mine = processes.find(os.getpid())
    assert mine is not None
    processes.record(mine, left / "pid")
    told = run("status", "--data-dir", data.root)
    assert told.out == f"not running ({data.root}); the containers of node1 are: `steersman down` ends them\n"
