from typing import Any

from unit.apiserver.serving import MERGE, Api, causes

ADDRESSES = "/apis/networking.k8s.io/v1/ipaddresses"
SERVICES = "/api/v1/namespaces/default/services"
PORT = {"port": 80}


async def _service(api: Api, name: str, **spec: Any) -> Any:
    return (await api.make(SERVICES, {"metadata": {"name": name}, "spec": {"ports": [PORT], **spec}}))["spec"]


async def test_the_server_has_a_service_to_itself(api: Api) -> None:
    spec = (await api.get(f"{SERVICES}/kubernetes"))["spec"]
    assert (spec["clusterIP"], spec["clusterIPs"]) == ("10.96.0.1", ["10.96.0.1"])


async def test_an_address_is_given_once(api: Api) -> None:
    first, second = await _service(api, "a"), await _service(api, "b")
    assert first["clusterIP"] != second["clusterIP"]
    body = {"metadata": {"name": "c"}, "spec": {"ports": [PORT], "clusterIP": first["clusterIP"]}}
    code, refused = await api.call("POST", SERVICES, body)
    assert (code, causes(refused)) == (422, {("FieldValueInvalid", "spec.clusterIPs")})
    await api.call("DELETE", f"{SERVICES}/a")
    assert (await api.call("POST", SERVICES, body))[0] == 201


async def test_an_address_outside_the_range_is_refused(api: Api) -> None:
    body = {"metadata": {"name": "c"}, "spec": {"ports": [PORT], "clusterIP": "10.0.0.12"}}
    _, refused = await api.call("POST", SERVICES, body)
    assert "The range of valid IPs is 10.96.0.0/16" in refused["message"]


async def test_a_headless_service_has_none(api: Api) -> None:
    spec = await _service(api, "a", clusterIP="None", selector={"x": "y"})
    assert (spec["clusterIP"], spec["clusterIPs"], spec["ipFamilies"]) == ("None", ["None"], ["IPv4"])


async def test_node_ports_come_with_the_type_and_go_with_it(api: Api) -> None:
    port = (await _service(api, "a", type="NodePort"))["ports"][0]["nodePort"]
    assert 30000 <= port <= 32767
    ports = [{"port": 80, "nodePort": port}]
    body = {"metadata": {"name": "b"}, "spec": {"type": "NodePort", "ports": ports}}
    assert (await api.call("POST", SERVICES, body))[0] == 422
    _, changed = await api.call("PATCH", f"{SERVICES}/a", {"spec": {"type": "ClusterIP"}}, type=MERGE)
    assert "nodePort" not in changed["spec"]["ports"][0]
    assert (await api.call("POST", SERVICES, body))[0] == 201


async def test_an_update_that_does_not_name_them_keeps_them(api: Api) -> None:
    made = await _service(api, "a", type="LoadBalancer", externalTrafficPolicy="Local")
    spec = {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [PORT], "selector": {"x": "y"}}
    code, body = await api.call("PUT", f"{SERVICES}/a", {"metadata": {"name": "a"}, "spec": spec})
    assert code == 200
    for name in ("clusterIP", "healthCheckNodePort"):
        assert body["spec"][name] == made[name]
    assert body["spec"]["ports"][0]["nodePort"] == made["ports"][0]["nodePort"]


async def test_what_a_refused_write_took_is_given_back(api: Api) -> None:
    addresses, ports = api.server.services.allocators["services"]
    before = set(addresses.taken), set(ports.taken)
    body = {"metadata": {"name": "Not Valid"}, "spec": {"type": "NodePort", "ports": [PORT]}}
    assert (await api.call("POST", SERVICES, body))[0] == 422
    assert (await api.call("POST", f"{SERVICES}?dryRun=All", {**body, "metadata": {"name": "a"}}))[0] == 201
    assert (addresses.taken, ports.taken) == before


async def test_an_address_is_an_object_as_long_as_its_service(api: Api) -> None:
    address = (await _service(api, "a"))["clusterIP"]
    found = await api.get(f"{ADDRESSES}/{address}")
    assert found["spec"]["parentRef"] == {"resource": "services", "namespace": "default", "name": "a"}
    assert found["metadata"]["labels"]["ipaddress.kubernetes.io/managed-by"] == "ipallocator.k8s.io"
    await api.call("DELETE", f"{SERVICES}/a")
    assert (await api.call("GET", f"{ADDRESSES}/{address}"))[0] == 404


async def test_an_address_that_an_object_holds_is_not_given(api: Api) -> None:
    reference = {"resource": "services", "namespace": "default", "name": "other"}
    await api.make(ADDRESSES, {"metadata": {"name": "10.96.7.7"}, "spec": {"parentRef": reference}})
    body = {"metadata": {"name": "c"}, "spec": {"ports": [PORT], "clusterIP": "10.96.7.7"}}
    code, refused = await api.call("POST", SERVICES, body)
    assert code == 422
    assert "provided IP is already allocated" in refused["message"]


async def test_another_range_gives_addresses_once_it_is_ready(api: Api) -> None:
    ranges = "/apis/networking.k8s.io/v1/servicecidrs"
    await api.make(ranges, {"metadata": {"name": "more"}, "spec": {"cidrs": ["10.200.0.0/24"]}})
    body = {"metadata": {"name": "c"}, "spec": {"ports": [PORT], "clusterIP": "10.200.0.9"}}
    assert (await api.call("POST", SERVICES, body))[0] == 422
    ready = {"type": "Ready", "status": "True", "reason": "", "message": "", "lastTransitionTime": None}
    await api.call("PATCH", f"{ranges}/more/status", {"status": {"conditions": [ready]}}, type=MERGE)
    assert (await api.call("POST", SERVICES, body))[0] == 201


async def test_a_start_makes_the_objects_that_services_lack(api: Api) -> None:
    address = (await _service(api, "a"))["clusterIP"]
    await api.call("DELETE", f"{ADDRESSES}/{address}")
    await api.server.start()
    assert (await api.get(f"{ADDRESSES}/{address}"))["spec"]["parentRef"]["name"] == "a"
