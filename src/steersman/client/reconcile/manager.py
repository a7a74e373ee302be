"""What a controller is given, and how controllers are run.

A controller is an object with a name that, once started, fills loops from informers.  Its context holds
everything it may use; nothing is global.
"""

import dataclasses
from typing import Protocol

from steersman.client.client import Client
from steersman.client.events import Recorder
from steersman.client.informers import InformerSet
from steersman.kit.clock import Clock
from steersman.kit.entropy import Entropy
from steersman.kit.tasks import TaskGroup


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """Everything that a controller may use.  `client` and `recorder` act in the controller's own name."""

    client: Client
    informers: InformerSet
    recorder: Recorder
    clock: Clock
    entropy: Entropy
    tasks: TaskGroup


class Controller(Protocol):
    @property
    def name(self) -> str: ...

    async def run(self) -> None:
        """Subscribe, wait for the caches, start the workers.  Returns when it stands, or runs until cancelled."""
        ...
