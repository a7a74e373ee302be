"""`plan` as a pure function: small records in, one step out."""

from steersman.cri import runtime as cri
from steersman.kubelet.pods import backoff, plan, record
from steersman.kubelet.pods.plan import Held, PodPlan
from unit.kubelet.records import look, pod, sandbox, seen
from unit.kubelet.world import container


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
