"""The controllers of a cluster: one visible list, each in its own name.

Every controller speaks to the API as `system:serviceaccount:kube-system:<name>-controller` (as
kube-controller-manager does with its own credentials per controller), so roles and audit tell them apart.
They share one set of informers.
"""

import dataclasses
from collections.abc import Callable, Sequence

from steersman.client.client import Client
from steersman.client.events import Recorder
from steersman.client.informers import InformerSet
from steersman.client.reconcile.manager import Context, Controller
from steersman.controllers.deployment.controller import Controller as Deployment
from steersman.controllers.endpoints.controller import Controller as Endpoints
from steersman.controllers.endpointslice.controller import Controller as EndpointSlice
from steersman.controllers.garbagecollector.controller import Controller as GarbageCollector
from steersman.controllers.namespace.controller import Controller as Namespace
from steersman.controllers.nodelifecycle.controller import Controller as NodeLifecycle
from steersman.controllers.podgc.controller import Controller as PodGC
from steersman.controllers.replicaset.controller import Controller as ReplicaSet
from steersman.controllers.root_ca.controller import Controller as RootCA
from steersman.controllers.serviceaccount.controller import Controller as ServiceAccount
from steersman.controllers.tainteviction.controller import Controller as TaintEviction
from steersman.kit import http
from steersman.kit.clock import Clock
from steersman.kit.entropy import Entropy
from steersman.kit.tasks import TaskGroup


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    """What controllers are told once."""

    ca: str = ""
    """The cluster's CA in PEM, published into every namespace."""


def user(identity: str) -> http.User:
    """A controller's identity as the API server would prove it."""
    groups = ("system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated")
    return http.User(f"system:serviceaccount:kube-system:{identity}", groups)


Make = tuple[str, Callable[[Context, Config], Controller]]

CONTROLLERS: Sequence[Make] = (
    ("namespace-controller", lambda context, config: Namespace(context)),
    ("service-account-controller", lambda context, config: ServiceAccount(context)),
    ("root-ca-cert-publisher", lambda context, config: RootCA(context, config.ca)),
    ("generic-garbage-collector", lambda context, config: GarbageCollector(context)),
    ("replicaset-controller", lambda context, config: ReplicaSet(context)),
    ("deployment-controller", lambda context, config: Deployment(context)),
    ("endpointslice-controller", lambda context, config: EndpointSlice(context)),
    ("endpoint-controller", lambda context, config: Endpoints(context)),
    ("node-controller", lambda context, config: NodeLifecycle(context)),
    ("node-controller", lambda context, config: TaintEviction(context)),
    ("pod-garbage-collector", lambda context, config: PodGC(context)),
)
"""The ServiceAccount in whose name it acts (its role is bound to it), and how the controller is made."""


async def run(
    client_for: Callable[[http.User], Client],
    informers: InformerSet,
    clock: Clock,
    entropy: Entropy,
    config: Config,
    tasks: TaskGroup,
) -> None:
    """Start every controller.  `client_for` gives a client that acts as a user.

    Returns when all are started; they live in `tasks`.
    """
    for identity, make in CONTROLLERS:
        client = client_for(user(identity))
        recorder = Recorder(client, clock, tasks, identity)
        controller = make(Context(client, informers, recorder, clock, entropy, tasks), config)
        tasks.spawn(controller.run(), f"start {controller.name}")
