"""What follows from a probe's results: a small state machine, pure.

A probe counts how often the same result came in a row; at its threshold the result becomes the verdict.  A
readiness probe begins as failed, a liveness probe as passed, a startup probe as unknown: until it passes, the
others do not run.
"""

import dataclasses
import enum

from steersman.api.tree import Tree

STARTUP, LIVENESS, READINESS = "startup", "liveness", "readiness"
KINDS = (STARTUP, LIVENESS, READINESS)


class Outcome(enum.Enum):
    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"
    WARNING = "warning"
    """A success that is worth a word: a redirect to another host."""


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    initial_delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    successes: int = 1
    failures: int = 3


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    verdict: Outcome
    last: Outcome = Outcome.UNKNOWN
    run: int = 0


def timing(probe: Tree) -> Timing:
    def number(name: str, default: int) -> int:
        value = probe.get(name)
        return default if value is None else int(value)

    return Timing(
        initial_delay=number("initialDelaySeconds", 0),
        period=max(number("periodSeconds", 10), 1),
        timeout=max(number("timeoutSeconds", 1), 1),
        successes=max(number("successThreshold", 1), 1),
        failures=max(number("failureThreshold", 3), 1),
    )


def initial(kind: str) -> State:
    match kind:
        case "readiness":
            return State(Outcome.FAILURE)
        case "liveness":
            return State(Outcome.SUCCESS)
    return State(Outcome.UNKNOWN)


def after(state: State, outcome: Outcome, limits: Timing) -> State:
    """The state after one more result.  Unknown results (the question could not be asked) change nothing."""
    if outcome is Outcome.UNKNOWN:
        return state
    if outcome is Outcome.WARNING:
        outcome = Outcome.SUCCESS
    run = state.run + 1 if outcome is state.last else 1
    needed = limits.successes if outcome is Outcome.SUCCESS else limits.failures
    return State(outcome if run >= needed else state.verdict, outcome, run)


def probe_of(container: Tree, kind: str) -> Tree | None:
    """The probe of a container."""
    found: Tree | None = container.get(f"{kind}Probe")
    return found


def has_probes(container: Tree) -> bool:
    return any(probe_of(container, kind) for kind in KINDS)
