"""Restarts, back-off, init containers and sidecars on a virtual clock."""

from unit.kubelet.world import KubeletWorld, container


async def test_a_crashing_container_is_restarted_at_once_and_then_later_and_later(world: KubeletWorld) -> None:
    pod = await world.pod(containers=[container(command="exit 1")])
    starts = []
    for _ in range(100):
        starts.append(world.container()["restartCount"])
        await world.clock.advance(1)
    assert [starts.index(n) for n in range(1, 5)] == [0, 11, 31, 71] or [starts.index(n) for n in range(1, 5)] == [
        1, 11, 31, 71
    ]  # fmt: skip
    where = f"p_a({pod['metadata']['uid']})"
    assert ("Warning", "BackOff", f"Back-off restarting failed container c in pod {where}") in world.events()


async def test_a_crashed_container_shows_how_it_ended_until_it_is_looked_at_again(world: KubeletWorld) -> None:
    pod = await world.pod(containers=[container(command="exit 1")])
    await world.clock.advance(25)
    assert world.status()["phase"] == "Running"
    assert world.container()["state"]["terminated"]["exitCode"] == 1
    assert world.container()["lastState"]["terminated"]["exitCode"] == 1
    await world.clock.advance(250)
    waiting = world.container()["state"]["waiting"]
    assert waiting["reason"] == "CrashLoopBackOff"
    where = f"p_a({pod['metadata']['uid']})"
    assert waiting["message"] == f"back-off 2m40s restarting failed container=c pod={where}"
    assert world.container()["lastState"]["terminated"]["exitCode"] == 1
    assert world.condition("Ready")["message"] == "containers with unready status: [c]"
    assert len(await world.containers()) == 2  # the last two attempts


async def test_on_failure_leaves_a_success_alone(world: KubeletWorld) -> None:
    await world.pod(restartPolicy="OnFailure", containers=[container("good", "exit 0"), container("bad", "exit 1")])
    await world.clock.advance(5)
    assert world.container("good")["restartCount"] == 0
    assert world.container("bad")["restartCount"] == 1
    assert world.status()["phase"] == "Running"


async def test_a_killed_container_comes_back(world: KubeletWorld) -> None:
    await world.pod()
    first = (await world.containers())[0]
    world.runtime.kill(first.id)
    await world.clock.settle()
    await world.clock.advance(0.2)
    shown = world.container()
    assert shown["restartCount"] == 1
    assert shown["lastState"]["terminated"]["exitCode"] == 137
    assert "running" in shown["state"]


async def test_init_containers_run_one_after_the_other(world: KubeletWorld) -> None:
    await world.pod(initContainers=[container("i1", "sleep 2"), container("i2", "sleep 2")])
    await world.clock.advance(1)
    assert world.status()["phase"] == "Pending"
    assert world.container("c")["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert "running" in world.container("i1")["state"]
    assert world.container("i2")["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert world.condition("Initialized")["message"] == "containers with incomplete status: [i1 i2]"
    await world.clock.advance(2)
    assert world.container("i1")["ready"]
    assert "running" in world.container("i2")["state"]
    await world.clock.advance(2)
    assert world.status()["phase"] == "Running"
    assert (world.container("i2")["ready"], world.container("i2")["started"]) == (True, False)


async def test_a_failing_init_container_keeps_the_pod_pending(world: KubeletWorld) -> None:
    await world.pod(initContainers=[container("i1", "exit 1")])
    await world.clock.advance(25)
    assert world.status()["phase"] == "Pending"
    assert world.container("i1")["state"]["terminated"]["exitCode"] == 1
    assert world.container("i1")["restartCount"] == 2
    assert world.condition("Initialized")["reason"] == "ContainersNotInitialized"


async def test_a_failing_init_container_ends_a_pod_that_never_restarts(world: KubeletWorld) -> None:
    await world.pod(initContainers=[container("i1", "exit 1")], restartPolicy="Never")
    assert world.status()["phase"] == "Failed"
    assert world.container("c")["state"] == {"waiting": {"reason": "PodInitializing"}}


async def test_a_sidecar_runs_beside_and_ends_after_the_main_container(world: KubeletWorld) -> None:
    side = container("side", "sleep 3600", restartPolicy="Always")
    await world.pod(initContainers=[side], containers=[container("main", "sleep 2")], restartPolicy="Never")
    assert world.status()["phase"] == "Running"
    assert world.container("side")["ready"]
    await world.clock.advance(3)
    assert world.status()["phase"] == "Succeeded"
    assert "terminated" in world.container("side")["state"]
    assert ("Normal", "Killing", "Stopping container side") in world.events()


async def test_a_sidecar_that_dies_is_restarted(world: KubeletWorld) -> None:
    await world.pod(initContainers=[container("side", restartPolicy="Always")])
    side = next(c for c in await world.containers() if c.name == "side")
    world.runtime.kill(side.id)
    await world.clock.settle()
    await world.clock.advance(1)
    assert world.container("side")["restartCount"] == 1
    assert "running" in world.container("side")["state"]
    assert world.container("c")["restartCount"] == 0


async def test_a_rule_of_the_container_wins_over_the_policy_of_the_pod(world: KubeletWorld) -> None:
    rules = [{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]
    again = container("again", "exit 42", restartPolicy="Never", restartPolicyRules=rules)
    await world.pod(containers=[again], restartPolicy="Never")
    await world.clock.advance(5)
    assert world.status()["phase"] == "Running"
    assert world.container("again")["restartCount"] == 1


async def test_a_changed_image_replaces_the_container(world: KubeletWorld) -> None:
    pod = await world.pod()
    await world.runtime.pull_image("busybox:2")
    changed = {**container(), "image": "busybox:2"}
    await world.client.update(
        "pods", {**world.server.get("pods", "a", "p"), "spec": {**pod["spec"], "containers": [changed]}}
    )
    await world.clock.settle()
    await world.clock.advance(1)
    assert world.container()["restartCount"] == 1
    assert ("Normal", "Killing", "Container c definition changed, will be restarted") in world.events()


async def test_a_sandbox_that_died_is_made_again_with_all_containers(world: KubeletWorld) -> None:
    await world.pod()
    await world.runtime.stop_sandbox((await world.runtime.list_sandboxes())[0].id)
    await world.clock.settle()
    await world.clock.advance(1)
    assert world.status()["phase"] == "Running"
    assert world.container()["restartCount"] == 1
    assert ("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.") in world.events()


async def test_a_container_that_cannot_start_says_so(world: KubeletWorld) -> None:
    meta = {"annotations": {"steersman.dev/simulate": '{"startFault": "exec: no such file: unknown"}'}}
    await world.pod(meta=meta, restartPolicy="Never")
    await world.clock.advance(1)
    ended = world.container()["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"], ended["message"]) == (128, "StartError", "exec: no such file")
    assert world.status()["phase"] == "Failed"
    assert ("Warning", "Failed", "Error: exec: no such file") in world.events()
    assert world.condition("PodReadyToStartContainers")["status"] == "False"


async def test_a_restarted_kubelet_finds_its_containers_and_leaves_them_alone(world: KubeletWorld) -> None:
    await world.pod()
    before = world.container()
    await world.crash()
    await world.boot()
    await world.clock.advance(100)
    assert world.container() == before
    assert len(await world.containers()) == 1
    assert world.reasons().count("Started") == 1


async def test_what_ended_while_the_kubelet_was_away_is_noticed(world: KubeletWorld) -> None:
    await world.pod("gone")
    await world.pod("dead")
    await world.crash()
    await world.client.delete("pods", "gone", "a", grace=0)
    dead = next(c for c in await world.containers() if c.labels["io.kubernetes.pod.name"] == "dead")
    world.runtime.kill(dead.id)
    await world.boot()
    await world.clock.advance(15)
    names = {c.labels["io.kubernetes.pod.name"] for c in await world.containers()}
    assert names == {"dead"}
    assert world.container(pod="dead")["restartCount"] == 1
