"""`plan` for any containers in any state, and the back-off between their starts."""

from hypothesis import given
from hypothesis import strategies as st

from steersman.cri import runtime as cri
from steersman.kubelet.pods import backoff, plan, status
from unit.kubelet.records import look, pod, sandbox, seen
from unit.kubelet.world import container


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
