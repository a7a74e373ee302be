"""The pure parts of the containerd runtime: configuration, events, conversions, the pause program."""

import os
import pathlib
import platform
import tomllib
from typing import Any

import pytest

pytest.importorskip("grpc", reason="the node extra is not installed")
pb = pytest.importorskip("cri_api.v1.api_pb2", reason="the node extra is not installed")

from steersman.cri import runtime as cri  # noqa: E402
from steersman.cri.containerd import cgroups, config, convert, events, messages, pause, processes  # noqa: E402


def settings(**fields: Any) -> config.Settings:
    place = pathlib.Path('/data/nodes/a "b"/containerd')
    return config.Settings(place, place / "c.sock", pathlib.Path("/usr/lib/cni"), pathlib.Path("/data/cni"), **fields)


def test_the_configuration_is_toml_and_keeps_to_its_directory() -> None:
    tree = tomllib.loads(config.render(settings()))
    assert tree["version"] == 2
    assert tree["root"] == '/data/nodes/a "b"/containerd/root'
    runtime = tree["plugins"]["io.containerd.grpc.v1.cri"]
    assert runtime["restrict_oom_score_adj"] is False
    assert runtime["containerd"]["snapshotter"] == "overlayfs"
    assert runtime["sandbox_image"] == config.PAUSE_IMAGE


def test_without_the_capability_oom_scores_are_left_alone() -> None:
    tree = tomllib.loads(config.render(settings(may_lower_oom_score=False)))
    assert tree["plugins"]["io.containerd.grpc.v1.cri"]["restrict_oom_score_adj"] is True


def test_no_egress_points_every_registry_to_a_closed_port() -> None:
    tree = tomllib.loads(config.no_registries())
    assert tree["server"] == "http://127.0.0.1:1"


def envelope(topic: str, name: str, **fields: Any) -> Any:
    event = messages.message(f"containerd.events.{name}")(**fields)
    made = messages.message("containerd.services.events.v1.Envelope")(topic=topic, namespace="k8s.io")
    made.event.type_url, made.event.value = f"containerd.events.{name}", event.SerializeToString()
    return made


def test_an_exit_is_told_with_its_code() -> None:
    told = events.read(envelope("/tasks/exit", "TaskExit", container_id="c", id="c", exit_status=3))
    assert told == cri.RuntimeEvent(cri.EventKind.EXITED, "c", 3)


def test_the_end_of_an_exec_is_not_the_container_s() -> None:
    assert events.read(envelope("/tasks/exit", "TaskExit", container_id="c", id="exec-1")) is None
    assert events.read(envelope("/tasks/delete", "TaskDelete", container_id="c", id="exec-1")) is None


def test_starts_ooms_and_deletes_are_told_and_the_rest_is_not() -> None:
    for topic, name, kind in (
        ("/tasks/start", "TaskStart", cri.EventKind.STARTED),
        ("/tasks/oom", "TaskOOM", cri.EventKind.OOM),
        ("/tasks/delete", "TaskDelete", cri.EventKind.DELETED),
    ):
        assert events.read(envelope(topic, name, container_id="c")) == cri.RuntimeEvent(kind, "c")
    assert events.read(envelope("/images/create", "TaskStart", container_id="c")) is None


def test_a_sandbox_s_configuration_becomes_cri_s() -> None:
    made = convert.sandbox_config(
        cri.SandboxConfig(
            "p",
            "ns",
            "u",
            attempt=2,
            dns_servers=["10.96.0.10"],
            port_mappings=[cri.PortMapping(80, 8080)],
            namespaces=cri.NamespaceOptions(host_network=True, shared_pid=True),
            sysctls={"net.ipv4.ip_forward": "1"},
        ),
        "/steersman/n/pod",
    )
    assert made.metadata.attempt == 2
    assert made.linux.cgroup_parent == "/steersman/n/pod"
    assert made.dns_config.servers == ["10.96.0.10"]
    assert made.port_mappings[0].host_port == 8080
    options = made.linux.security_context.namespace_options
    assert (options.network, options.pid) == (pb.NODE, pb.POD)


def test_a_container_s_configuration_becomes_cri_s() -> None:
    made = convert.container_config(
        cri.ContainerConfig(
            "c",
            "busybox",
            env=[("data-1", "x")],
            mounts=[cri.Mount("/a", "/b", read_only=True, propagation="HostToContainer")],
            security=cri.Security(run_as_user=0, seccomp="RuntimeDefault", drop_capabilities=["ALL"]),
            resources=cri.Resources(cpu_shares=2, memory_limit=1 << 20),
        )
    )
    context = made.linux.security_context
    assert context.HasField("run_as_user")  # user 0 is said, not left out
    assert not context.HasField("run_as_group")
    assert context.seccomp.profile_type == pb.SecurityProfile.RuntimeDefault
    assert context.capabilities.drop_capabilities == ["ALL"]
    assert made.mounts[0].propagation == pb.PROPAGATION_HOST_TO_CONTAINER
    assert made.envs[0].key == "data-1"
    assert made.linux.resources.memory_limit_in_bytes == 1 << 20


def test_a_little_grace_does_not_become_none() -> None:
    assert convert.whole_seconds(0.2) == 1
    assert convert.whole_seconds(0) == 0
    assert convert.whole_seconds(-1) == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the hand-assembled program is x86-64's")
def test_the_pause_program_waits_and_ignores_the_death_of_children(tmp_path: pathlib.Path) -> None:
    program = tmp_path / "pause"
    program.write_bytes(pause.elf())
    program.chmod(0o755)
    pid = os.posix_spawn(str(program), ["pause"], {})
    try:
        found = processes.find(pid)
        assert found is not None
        while "/pause" not in str(pathlib.Path(f"/proc/{pid}/exe").readlink()):
            pass
        while (
            not int(
                next(
                    line
                    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                    if line.startswith("SigIgn")
                ).split()[1],
                16,
            )
            >> 16
            & 1
        ):
            pass
        assert found.alive()
        found.kill()
        _, status = os.waitpid(pid, 0)
        assert os.WTERMSIG(status) == 9
        assert not found.alive()
    except BaseException:
        os.kill(pid, 9)
        raise


def test_a_process_is_recalled_by_pid_and_start_time(tmp_path: pathlib.Path) -> None:
    me = processes.find(os.getpid())
    assert me is not None
    processes.record(me, tmp_path / "pid")
    assert processes.recall(tmp_path / "pid") == me
    processes.record(processes.Process(me.pid, me.started - 1), tmp_path / "pid")
    assert processes.recall(tmp_path / "pid") is None
    assert processes.recall(tmp_path / "nothing") is None


def test_control_groups_are_removed_deepest_first_with_empty_parents(tmp_path: pathlib.Path) -> None:
    (tmp_path / "cgroup.controllers").touch()
    (tmp_path / "steersman/a/kubepods/pod1").mkdir(parents=True)
    (tmp_path / "steersman/b").mkdir()
    assert cgroups.remove("/steersman/a", tmp_path)
    assert [entry.name for entry in (tmp_path / "steersman").iterdir()] == ["b"]
    assert cgroups.remove("/steersman/b", tmp_path)
    assert not (tmp_path / "steersman").exists()


def test_version_1_has_a_directory_a_controller(tmp_path: pathlib.Path) -> None:
    for controller in ("cpu", "memory"):
        (tmp_path / controller / "steersman/a").mkdir(parents=True)
    assert len(cgroups.directories("/steersman/a", tmp_path)) == 2
    assert cgroups.remove("steersman/a", tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["cpu", "memory"]


def test_the_root_group_is_never_touched(tmp_path: pathlib.Path) -> None:
    (tmp_path / "cgroup.controllers").touch()
    assert cgroups.directories("/", tmp_path) == []
