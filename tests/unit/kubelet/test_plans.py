"""`plan` as a pure function: small records in, one step out."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steersman.cri import runtime as cri
from steersman.kubelet.pods import backoff, plan, record, status
from steersman.kubelet.pods.plan import Held, PodPlan
from unit.kubelet.world import container

POD_LABELS = {"io.kubernetes.pod.uid": "u"}


def pod(*containers: Any, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "namespace": "a", "uid": "u"}, "spec": {"containers": list(containers), **spec}}


def sandbox(state: cri.SandboxState = cri.SandboxState.READY, attempt: int = 0) -> cri.Sandbox:
    return cri.Sandbox(f"s{attempt}", "p", "a", "u", attempt, state, 1.0, POD_LABELS, {}, ("10.0.0.1",))


def seen(
    name: str, state: str, *, code: int = 0, ended: float = 0.0, attempt: int = 0, of: str = "s0"
) -> cri.Container:
    labels = {**POD_LABELS, "io.kubernetes.container.name": name}
    return cri.Container(
        id=f"{name}{attempt}", sandbox_id=of, name=name, attempt=attempt, image="busybox", image_id="sha",
        state=cri.ContainerState(state), created_at=1.0, started_at=1.0, finished_at=ended, exit_code=code,
        reason="", message="", labels=labels, annotations={},
    )  # fmt: skip


def look(*containers: cri.Container, sandboxes: Any = None, **fields: Any) -> record.PodRecord:
    return record.PodRecord(
        sandboxes=[sandbox()] if sandboxes is None else sandboxes, containers=record.by_name(containers), **fields
    )


def test_a_new_pod_gets_a_sandbox_and_its_first_containers() -> None:
    assert plan.plan(pod(container("a"), container("b")), record.PodRecord(), 0) == PodPlan(
        create_sandbox=True, start=("a", "b")
    )
    with_init = pod(container("a"), initContainers=[container("i"), container("j")])
    assert plan.plan(with_init, record.PodRecord(), 0) == PodPlan(create_sandbox=True, start_init=("i",))


def test_a_running_pod_needs_nothing() -> None:
    assert plan.plan(pod(container("a")), look(seen("a", "running")), 0).idle


def test_a_crash_waits_from_when_it_happened() -> None:
    crashed = look(seen("a", "exited", code=1, ended=100), backoffs={"a": backoff.Entry(20, 95)})
    assert plan.plan(pod(container("a")), crashed, 110).held == (Held("a", 120, 20),)
    assert plan.plan(pod(container("a")), crashed, 110).start == ()
    assert plan.plan(pod(container("a")), crashed, 120).start == ("a",)
    old = look(seen("a", "exited", code=1, ended=1000), backoffs={"a": backoff.Entry(300, 95)})
    assert plan.plan(pod(container("a")), old, 1001).start == ("a",)  # it ran for long; all is forgiven


def test_a_pod_with_nothing_left_to_run_is_stopped() -> None:
    done = look(seen("a", "exited"))
    assert plan.plan(pod(container("a"), restartPolicy="Never"), done, 0) == PodPlan(kill_pod=True)
    assert plan.plan(pod(container("a"), restartPolicy="OnFailure"), done, 0) == PodPlan(kill_pod=True)
    half = look(seen("a", "exited"), seen("b", "running"))
    assert plan.plan(pod(container("a"), container("b"), restartPolicy="Never"), half, 0).idle


def test_a_lost_sandbox_means_a_new_beginning() -> None:
    lost = look(seen("a", "exited", code=137), sandboxes=[sandbox(cri.SandboxState.NOT_READY)])
    assert plan.plan(pod(container("a")), lost, 0) == PodPlan(
        kill_pod=True, create_sandbox=True, attempt=1, start=("a",)
    )
    assert plan.plan(pod(container("a"), restartPolicy="Never"), lost, 0) == PodPlan(kill_pod=True)


def test_an_init_container_is_not_run_again_for_a_container_that_restarts() -> None:
    whole = pod(container("a"), initContainers=[container("i")])
    crashed = look(seen("i", "exited"), seen("a", "exited", code=1))
    assert plan.plan(whole, crashed, 0) == PodPlan(start=("a",))


def test_a_sidecar_opens_the_way_when_it_has_started() -> None:
    whole = pod(container("a"), initContainers=[container("s", restartPolicy="Always"), container("i")])
    up = seen("s", "running")
    waiting = look(up, probed={up.id: record.Probed(started=False)})
    assert plan.plan(whole, waiting, 0).idle
    assert plan.plan(whole, look(up), 0) == PodPlan(start_init=("i",))


@given(
    st.lists(
        st.tuples(st.sampled_from(["running", "exited", "created", "unknown"]), st.integers(0, 2)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["Always", "OnFailure", "Never"]),
    st.booleans(),
)
def test_a_plan_never_starts_what_runs_and_never_stalls(
    states: list[tuple[str, int]], policy: str, ready: bool
) -> None:
    names = [f"c{i}" for i in range(len(states))]
    whole = pod(*(container(n) for n in names), restartPolicy=policy)
    sandboxes = [sandbox(cri.SandboxState.READY if ready else cri.SandboxState.NOT_READY)]
    shown = look(*(seen(n, s, code=c) for n, (s, c) in zip(names, states, strict=True)), sandboxes=sandboxes)
    step = plan.plan(whole, shown, 1000)
    running = {n for n, (s, _) in zip(names, states, strict=True) if s == "running"}
    if ready:
        assert not running & set(step.start)
        if policy == "Always":
            assert set(step.start) == set(names) - running
        if not running:
            assert step.start or step.kill_pod
    made = status.status(whole, shown, status.Node(("1.1.1.1",)), 1000)
    assert made["phase"] in ("Pending", "Running", "Succeeded", "Failed")
    if running and not any(s in ("created", "unknown") for s, _ in states):
        assert made["phase"] == "Running"
    again = status.status(whole, shown, status.Node(("1.1.1.1",)), 2000, before=made)
    assert again == made  # nothing changed, nothing is new


@given(st.lists(st.floats(0, 2000), max_size=12))
def test_back_off_only_grows_until_it_is_forgiven(lives: list[float]) -> None:
    entry: backoff.Entry | None = None
    now = 0.0
    for life in lives:
        ended = now + life
        ready = max(backoff.ready_at(entry, ended), ended)
        assert ready - ended <= backoff.LIMIT + 1e-6
        following = backoff.following(entry, ended, ready)
        forgiven = entry is None or entry.expired(ended)
        assert following.delay == (
            backoff.INITIAL if forgiven or entry is None else min(entry.delay * 2, backoff.LIMIT)
        )
        entry, now = following, ready
