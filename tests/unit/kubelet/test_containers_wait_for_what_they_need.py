"""Images that are missing, objects that are missing: what the status and the events say, and recovery."""

from steersman.cri import runtime as cri
from unit.kubelet.world import KubeletWorld, container


async def test_an_image_that_may_not_be_pulled(world: KubeletWorld) -> None:
    await world.pod(containers=[{"name": "c", "image": "absent:1", "imagePullPolicy": "Never"}])
    await world.clock.advance(1)
    message = 'Container image "absent:1" is not present with pull policy of Never'
    assert world.container()["state"] == {"waiting": {"reason": "ErrImageNeverPull", "message": message}}
    assert world.events() == [
        ("Warning", "ErrImageNeverPull", message),
        ("Warning", "Failed", "Error: ErrImageNeverPull"),
    ]
    assert world.condition("PodReadyToStartContainers")["status"] == "True"
    assert world.status()["phase"] == "Pending"


async def test_an_image_name_that_is_none(world: KubeletWorld) -> None:
    await world.pod(containers=[{"name": "c", "image": "Not_A_Valid//Name:::"}])
    await world.clock.advance(1)
    message = (
        'Failed to apply default image tag "Not_A_Valid//Name:::": couldn\'t parse image name "Not_A_Valid//Name:::": '
        "invalid reference format: repository name (/Name) must be lowercase"
    )
    assert world.container()["state"] == {"waiting": {"reason": "InvalidImageName", "message": message}}
    assert world.events() == [
        ("Warning", "InspectFailed", message),
        ("Warning", "Failed", "Error: InvalidImageName"),
    ]


async def test_a_pull_that_fails_is_tried_again_later_and_then_succeeds() -> None:
    broken = ["not found"]
    world = await KubeletWorld(pull=lambda image: "" if "busybox" in image else broken[0]).start()
    await world.pod(containers=[{"name": "c", "image": "app:1", "imagePullPolicy": "IfNotPresent"}])
    await world.clock.advance(1)
    assert world.container()["state"]["waiting"]["reason"] == "ErrImagePull"
    assert ("Normal", "Pulling", 'Pulling image "app:1"') in world.events()
    assert any(
        reason == "Failed" and said.startswith('Failed to pull image "app:1": ') for _, reason, said in world.events()
    )
    await world.clock.advance(32)
    waiting = world.container()["state"]["waiting"]
    assert waiting["reason"] == "ImagePullBackOff"
    assert waiting["message"].startswith('Back-off pulling image "app:1": ErrImagePull: ')
    assert ("Normal", "BackOff", 'Back-off pulling image "app:1"') in world.events()
    broken[0] = ""
    await world.clock.advance(60)
    assert world.status()["phase"] == "Running"
    assert any(said.startswith('Successfully pulled image "app:1" in ') for _, _, said in world.events())
    await world.close()


async def test_a_missing_config_map_is_named_and_found_as_soon_as_it_is_made(world: KubeletWorld) -> None:
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "late", "key": "k"}}}]
    await world.pod(containers=[container(env=env)])
    await world.clock.advance(1)
    waiting = {"reason": "CreateContainerConfigError", "message": 'configmap "late" not found'}
    assert world.container()["state"] == {"waiting": waiting}
    assert ("Warning", "Failed", 'Error: configmap "late" not found') in world.events()
    await world.create("configmaps", "late", data={"other": "v"})
    await world.clock.advance(1)
    assert world.container()["state"]["waiting"]["message"] == "couldn't find key k in ConfigMap a/late"
    found = world.server.get("configmaps", "a", "late")
    await world.client.update("configmaps", {**found, "data": {"k": "v"}})
    await world.clock.advance(1)
    assert world.status()["phase"] == "Running"


async def test_a_missing_secret_of_env_from(world: KubeletWorld) -> None:
    await world.pod(containers=[container(envFrom=[{"secretRef": {"name": "none"}}])])
    await world.clock.advance(1)
    assert world.container()["state"]["waiting"]["message"] == 'secret "none" not found'


async def test_optional_references_need_not_be_there(world: KubeletWorld) -> None:
    await world.pod(containers=[container(envFrom=[{"secretRef": {"name": "none", "optional": True}}])])
    assert world.status()["phase"] == "Running"


async def test_root_images_are_refused_to_non_root_pods(world: KubeletWorld) -> None:
    pod = await world.pod(securityContext={"runAsNonRoot": True})
    await world.clock.advance(1)
    where = f'(pod: "p_a({pod["metadata"]["uid"]})", container: c)'
    assert world.container()["state"]["waiting"] == {
        "reason": "CreateContainerConfigError",
        "message": f"container has runAsNonRoot and image will run as root {where}",
    }


async def test_a_runtime_that_is_away_is_waited_for(world: KubeletWorld) -> None:
    world.runtime.go_down()
    await world.pod()
    await world.clock.advance(20)
    ready = next(c for c in world.server.get("nodes", "", "node1")["status"]["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "KubeletNotReady")
    assert ready["message"].startswith("container runtime is down")
    world.runtime.come_back()
    await world.clock.advance(20)
    assert world.status()["phase"] == "Running"
    ready = next(c for c in world.server.get("nodes", "", "node1")["status"]["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("True", "KubeletReady")


async def test_the_environment_reaches_the_runtime(world: KubeletWorld) -> None:
    seen: list[cri.ContainerConfig] = []
    create = world.runtime.create_container

    async def spy(sandbox_id: str, config: cri.ContainerConfig, sandbox: cri.SandboxConfig) -> str:
        seen.append(config)
        return await create(sandbox_id, config, sandbox)

    world.runtime.create_container = spy  # type: ignore[method-assign]
    env = [
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "GREETING", "value": "hello $(IP)"},
    ]
    await world.pod(containers=[container(env=env, args=["$(GREETING)", "$(NOT)"])])
    values = dict(seen[0].env)
    assert values["IP"] == world.status()["podIP"]
    assert values["GREETING"] == f"hello {values['IP']}"
    assert list(seen[0].args) == [values["GREETING"], "$(NOT)"]
