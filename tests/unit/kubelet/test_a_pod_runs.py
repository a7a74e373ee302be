"""From a pod in the API to a running container and back, as the API sees it."""

from unit.kubelet.world import KubeletWorld, container

PRESENT = 'Container image "busybox" already present on machine and can be accessed by the pod'


async def test_a_pod_becomes_running_with_one_status_write(world: KubeletWorld) -> None:
    await world.pod()
    status = world.status()
    assert status["phase"] == "Running"
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "PodReadyToStartContainers": "True", "Initialized": "True", "Ready": "True", "ContainersReady": "True",
        "PodScheduled": "True",
    }  # fmt: skip
    shown = world.container()
    assert (shown["ready"], shown["started"], shown["restartCount"]) == (True, True, 0)
    assert shown["state"]["running"]["startedAt"]
    assert shown["containerID"].startswith("simulated://")
    assert status["podIP"].startswith("10.244.0.")
    assert status["podIPs"] == [{"ip": status["podIP"]}]
    assert status["hostIP"] == "192.168.0.1"
    assert status["qosClass"] == "BestEffort"
    assert status["observedGeneration"] == 1
    assert world.status_writes() == 1


async def test_its_events_are_those_of_the_reference(world: KubeletWorld) -> None:
    await world.pod()
    assert world.events() == [
        ("Normal", "Pulled", PRESENT),
        ("Normal", "Created", "Container created"),
        ("Normal", "Started", "Container started"),
    ]
    abouts = [event["involvedObject"] for event in world.server.all("events")]
    assert {about["fieldPath"] for about in abouts if about["kind"] == "Pod"} == {"spec.containers{c}"}


async def test_a_pod_that_is_done_has_succeeded_and_its_sandbox_is_stopped(world: KubeletWorld) -> None:
    await world.pod(containers=[container(command="exit 0")], restartPolicy="Never")
    status = world.status()
    assert status["phase"] == "Succeeded"
    assert world.container()["state"]["terminated"]["reason"] == "Completed"
    shown = {c["type"]: (c["status"], c.get("reason")) for c in status["conditions"]}
    assert shown == {
        "PodReadyToStartContainers": ("False", None), "Initialized": ("True", "PodCompleted"),
        "Ready": ("False", "PodCompleted"), "ContainersReady": ("False", "PodCompleted"),
        "PodScheduled": ("True", None),
    }  # fmt: skip
    assert [s.state.value for s in await world.runtime.list_sandboxes()] == ["not-ready"]
    assert len(await world.containers()) == 1  # for its logs


async def test_a_pod_that_fails_once_has_failed_for_good_under_never(world: KubeletWorld) -> None:
    await world.pod(containers=[container(command="exit 3")], restartPolicy="Never")
    assert world.status()["phase"] == "Failed"
    assert world.container()["state"]["terminated"]["exitCode"] == 3
    assert world.condition("Ready")["reason"] == "PodFailed"
    assert world.condition("Initialized") == {**world.condition("Initialized"), "status": "True"}
    assert "reason" not in world.condition("Initialized")


async def test_a_deleted_pod_is_stopped_reported_and_removed(world: KubeletWorld) -> None:
    await world.pod()
    await world.delete()
    assert not world.has()
    assert ("Normal", "Killing", "Stopping container c") in world.events()
    assert not await world.containers()
    assert not await world.runtime.list_sandboxes()
    assert not world.kubelet.manager.workers


async def test_while_it_ends_a_pod_is_still_shown_as_it_was(world: KubeletWorld) -> None:
    meta = {"annotations": {"steersman.dev/simulate": '{"stopSeconds": 3, "stopCode": 0}'}}
    await world.pod(meta=meta, terminationGracePeriodSeconds=10)
    await world.delete(grace=10)
    await world.clock.advance(2)
    assert world.has()
    assert world.status()["phase"] == "Running"
    assert world.condition("Ready")["status"] == "True"
    assert world.container()["state"].keys() == {"running"}
    await world.clock.advance(2)
    assert not world.has()


async def test_a_shorter_grace_cuts_a_stop_short(world: KubeletWorld) -> None:
    await world.pod(meta={"annotations": {"steersman.dev/simulate": '{"stopSeconds": 3000}'}})
    await world.delete(grace=600)
    await world.clock.advance(10)
    assert world.has()
    await world.delete(grace=3)
    await world.clock.advance(4)
    assert not world.has()


async def test_a_pod_removed_by_force_is_ended_all_the_same(world: KubeletWorld) -> None:
    await world.pod(meta={"annotations": {"steersman.dev/simulate": '{"stopSeconds": 3000}'}})
    await world.delete(grace=0)
    assert not world.has()
    await world.clock.advance(3)
    assert not await world.containers()
    assert not world.kubelet.manager.workers


async def test_a_pod_past_its_deadline_has_failed(world: KubeletWorld) -> None:
    await world.pod(activeDeadlineSeconds=3)
    await world.clock.advance(2)
    assert world.status()["phase"] == "Running"
    await world.clock.advance(2)
    status = world.status()
    message = "Pod was active on the node longer than the specified deadline"
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "DeadlineExceeded", message)
    assert ("Normal", "DeadlineExceeded", message) in world.events()
    assert ("Normal", "Killing", "Stopping container c") in world.events()
    assert "terminated" in world.container()["state"]


async def test_a_forbidden_sysctl_is_refused(world: KubeletWorld) -> None:
    await world.pod(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "65536"}]})
    await world.clock.advance(1)
    status = world.status()
    message = 'forbidden sysctl: "kernel.msgmax" not allowlisted'
    assert (status["phase"], status["reason"]) == ("Failed", "SysctlForbidden")
    assert status["message"] == f"Pod was rejected: {message}"
    assert not status["conditions"]
    assert world.events() == [("Warning", "SysctlForbidden", message)]
    await world.delete()
    assert not world.has()


async def test_a_readiness_gate_is_waited_for(world: KubeletWorld) -> None:
    await world.pod(readinessGates=[{"conditionType": "example.com/ok"}])
    ready = world.condition("Ready")
    assert ready["reason"] == "ReadinessGatesNotReady"
    assert ready["message"] == 'corresponding condition of pod readiness gate "example.com/ok" does not exist.'
    pod = world.server.get("pods", "a", "p")
    conditions = [*pod["status"]["conditions"], {"type": "example.com/ok", "status": "True"}]
    await world.client.update_status("pods", {**pod, "status": {**pod["status"], "conditions": conditions}})
    await world.clock.settle()
    assert world.condition("Ready")["status"] == "True"
    assert world.condition("example.com/ok")["status"] == "True"


async def test_an_ephemeral_container_is_started_in_a_running_pod(world: KubeletWorld) -> None:
    pod = await world.pod()
    spec = {**pod["spec"], "ephemeralContainers": [container("dbg", "exit 0")]}
    await world.client.update("pods", {**world.server.get("pods", "a", "p"), "spec": spec})
    await world.clock.settle()
    await world.clock.advance(1)
    shown = world.container("dbg")
    assert shown["state"]["terminated"]["reason"] == "Completed"
    assert "started" not in shown
    assert world.status()["phase"] == "Running"


async def test_resources_are_changed_in_place(world: KubeletWorld) -> None:
    small = {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}}
    big = {"requests": {"cpu": "80m", "memory": "32Mi"}, "limits": {"cpu": "200m", "memory": "64Mi"}}
    pod = await world.pod(containers=[container(resources=small)])
    before = world.container()["containerID"]
    spec = {**pod["spec"], "containers": [container(resources=big)]}
    await world.client.update("pods", {**world.server.get("pods", "a", "p"), "spec": spec})
    await world.clock.settle()
    await world.clock.advance(1)
    assert world.container()["containerID"] == before
    assert world.container()["resources"] == big
    assert world.status()["resources"] == big
    told = (
        'Pod resize completed: {"containers":[{"name":"c","resources":{"limits":{"cpu":"200m","memory":"64Mi"},'
        '"requests":{"cpu":"80m","memory":"32Mi"}}}],"generation":2}'
    )
    assert world.events()[-1] == ("Normal", "ResizeCompleted", told)
