"""What a validating policy decides about a write, and how a refusal is told."""

import dataclasses
from collections.abc import Sequence

from steersman.api import status
from steersman.apiserver.admission.attributes import Attributes

INVALID = "Invalid"
_CODES = {"Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413, INVALID: 422}


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """Why a write is not as it should be."""

    message: str
    reason: str = INVALID


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    decisions: Sequence[Decision] = ()
    """What the binding's actions are for."""
    faults: Sequence[Decision] = ()
    """What refuses the write whatever the actions are: annotations without a value."""


def refusal(a: Attributes, who: str, decision: Decision) -> status.StatusError:
    message = f"{who} denied request: {decision.message}"
    made = a.forbidden(message)
    details = {**made.tree["details"], "causes": [{"message": message}]}
    code = _CODES.get(decision.reason, _CODES[INVALID])
    return status.StatusError({**made.tree, "reason": decision.reason, "details": details, "code": code})
