"""What `kubectl get pods` says of a pod in each of its states."""

from typing import Any

import msgspec
import pytest

from steersman.api import printers, resources

PODS = resources.BUILTIN.find("", "v1", "pods")
assert PODS is not None
NOW = 1_000_000_000.0  # 2001-09-09T01:46:40Z
WAITING = {"waiting": {"reason": "CrashLoopBackOff"}}
RUNNING = {"running": {"startedAt": "2001-09-09T01:00:00Z"}}


def ended(**terminated: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": 1, **terminated}}


def container(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "c", "state": state, "restartCount": 0, **more}


def pod(*statuses: Any, init: Any = (), initial: Any = (), **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "a", "creationTimestamp": "2001-09-09T01:44:40Z"},
        "spec": {"containers": [{"name": "c"}] * max(len(statuses), 1), "initContainers": list(init)},
        "status": {"containerStatuses": list(statuses), "initContainerStatuses": list(initial), **status},
    }


def cells(tree: dict[str, Any]) -> list[Any]:
    """The cells of its row, which must be the same when the pod is read from bytes."""
    assert PODS is not None
    found: dict[str, Any] = printers.table(PODS, [tree], now=NOW)["rows"][0]
    show = printers.printer(PODS)
    seen, metadata = printers.reader(show)(msgspec.json.encode(tree))
    assert show.row(seen, NOW) == found
    assert msgspec.json.decode(msgspec.json.encode(metadata)) == tree["metadata"]
    return list(found["cells"])


def status(tree: dict[str, Any]) -> Any:
    return cells(tree)[2]


def conditions(**found: str) -> list[dict[str, str]]:
    return [{"type": type, "status": value} for type, value in found.items()]


def test_a_pod_that_was_only_created_is_pending() -> None:
    assert cells(pod(phase="Pending")) == ["a", "0/1", "Pending", "0", "2m", *["<none>"] * 4]


def test_a_running_pod_shows_where() -> None:
    tree = pod(container(RUNNING, ready=True), phase="Running", podIP="10.1.1.1", podIPs=[{"ip": "10.1.1.1"}])
    tree["spec"]["nodeName"] = "n1"
    assert cells(tree) == ["a", "1/1", "Running", "0", "2m", "10.1.1.1", "n1", "<none>", "<none>"]


def test_restarts_say_when_the_last_one_was() -> None:
    last = {"terminated": {"exitCode": 1, "finishedAt": "2001-09-09T01:46:00Z"}}
    earlier = {"terminated": {"exitCode": 1, "finishedAt": "2001-09-09T00:46:00Z"}}
    tree = pod(
        container(WAITING, restartCount=2, lastState=last), container(RUNNING, restartCount=3, lastState=earlier)
    )
    assert cells(tree)[1:4] == ["0/2", "CrashLoopBackOff", "5 (40s ago)"]


def test_restarts_without_a_last_state_are_a_bare_number() -> None:
    assert cells(pod(container(WAITING, restartCount=5)))[3] == "5"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (WAITING, "CrashLoopBackOff"),
        (ended(reason="OOMKilled"), "OOMKilled"),
        (ended(signal=9), "Signal:9"),
        (ended(exitCode=3), "ExitCode:3"),
        ({"waiting": {}}, "Running"),
    ],
)
def test_a_container_that_does_not_run_gives_its_reason(state: dict[str, Any], text: str) -> None:
    assert status(pod(container(state), phase="Running")) == text


def test_of_several_the_first_container_decides() -> None:
    assert status(pod(container(ended(reason="Error")), container(WAITING))) == "Error"


def test_completed_beside_running_is_running_or_not_ready() -> None:
    done, runs = container(ended(exitCode=0, reason="Completed")), container(RUNNING, ready=True)
    assert status(pod(done, runs, conditions=conditions(Ready="True"))) == "Running"
    assert status(pod(done, runs, conditions=conditions(Ready="False"))) == "NotReady"


def test_a_reason_of_the_pod_stands_before_its_phase() -> None:
    assert status(pod(phase="Failed", reason="Evicted")) == "Evicted"


def test_a_gated_pod_says_so() -> None:
    gated = [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]
    assert status(pod(phase="Pending", conditions=gated)) == "SchedulingGated"


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ([{"waiting": {"reason": "PodInitializing"}}], "Init:0/2"),
        ([RUNNING], "Init:0/2"),
        ([ended(exitCode=0), RUNNING], "Init:1/2"),
        ([WAITING], "Init:CrashLoopBackOff"),
        ([ended(reason="Error")], "Init:Error"),
        ([ended(signal=9)], "Init:Signal:9"),
        ([ended(exitCode=7)], "Init:ExitCode:7"),
        ([ended(exitCode=0), ended(exitCode=0)], "PodInitializing"),
    ],
)
def test_init_containers_come_first(states: list[dict[str, Any]], text: str) -> None:
    main = container({"waiting": {"reason": "PodInitializing"}})
    tree = pod(main, init=[{"name": "i"}, {"name": "j"}], initial=[container(s) for s in states], phase="Pending")
    assert status(tree) == text


def test_while_init_containers_run_their_restarts_count() -> None:
    tree = pod(container(WAITING, restartCount=9), init=[{"name": "i"}], initial=[container(WAITING, restartCount=2)])
    assert cells(tree)[3] == "2"


def test_once_initialized_only_sidecars_restarts_are_added() -> None:
    tree = pod(
        container(RUNNING, ready=True, restartCount=1),
        init=[{"name": "i"}, {"name": "s", "restartPolicy": "Always"}],
        initial=[
            container(ended(exitCode=0), restartCount=4),
            container(RUNNING, name="s", started=True, ready=True, restartCount=2),
        ],
        phase="Running",
    )
    assert cells(tree)[1:4] == ["2/2", "Running", "3"]


def test_a_pod_on_its_way_out_is_terminating() -> None:
    tree = pod(container(WAITING), phase="Running")
    tree["metadata"]["deletionTimestamp"] = "2001-09-09T01:46:00Z"
    assert status(tree) == "Terminating"
    tree["status"]["reason"] = "NodeLost"
    assert status(tree) == "Unknown"


def test_a_finished_pod_keeps_its_status_while_it_is_deleted() -> None:
    tree = pod(container(ended(exitCode=0, reason="Completed")), phase="Succeeded")
    tree["metadata"]["deletionTimestamp"] = "2001-09-09T01:46:00Z"
    assert status(tree) == "Completed"


def test_readiness_gates_count_those_that_hold() -> None:
    tree = pod(conditions=conditions(a="True", b="False"))
    tree["spec"]["readinessGates"] = [{"conditionType": t} for t in "abc"]
    assert cells(tree)[8] == "1/3"


def test_a_row_of_a_finished_pod_carries_a_condition() -> None:
    assert PODS is not None
    done, failed, runs = printers.table(PODS, [pod(phase=p) for p in ("Succeeded", "Failed", "Running")], now=NOW)[
        "rows"
    ]
    assert done["conditions"] == [
        {
            "type": "Completed",
            "status": "True",
            "reason": "Succeeded",
            "message": "The pod has completed successfully.",
        }
    ]
    assert failed["conditions"][0]["reason"] == "Failed"
    assert "conditions" not in runs


def test_bytes_of_an_unexpected_shape_are_read_whole() -> None:
    assert PODS is not None
    show = printers.printer(PODS)
    tree, metadata = printers.reader(show)(b'{"metadata":{"name":"a"},"status":{"phase":1}}')
    assert tree == {"metadata": metadata, "status": {"phase": 1}}


def test_kinds_without_a_view_are_read_whole() -> None:
    nodes = resources.BUILTIN.find("", "v1", "nodes")
    assert nodes is not None
    tree, metadata = printers.reader(printers.printer(nodes))(b'{"metadata":{"name":"a"},"spec":{"taints":[]}}')
    assert tree == {"metadata": {"name": "a"}, "spec": {"taints": []}}
    assert metadata == {"name": "a"}
