"""The controllers of a cluster: one visible list, each in its own name.

Every controller speaks to the API as `system:serviceaccount:kube-system:<name>-controller` (as
kube-controller-manager does with its own credentials per controller), so roles and audit tell them apart.
They share one set of informers.
"""

import dataclasses
from collections.abc import Callable, Sequence

from steersman.api.tree import Tree
from steersman.client.client import Client
from steersman.client.events import Recorder
from steersman.client.informers import InformerSet
from steersman.client.reconcile.manager import Context, Controller
from steersman.controllers.clusterroleaggregation.controller import Controller as RoleAggregation
from steersman.controllers.csrsigning.controller import Controller as Certificates
from steersman.controllers.deployment.controller import Controller as Deployment
from steersman.controllers.endpoints.controller import Controller as Endpoints
from steersman.controllers.endpointslice.controller import Controller as EndpointSlice
from steersman.controllers.endpointslice_mirroring.controller import Controller as EndpointSliceMirroring
from steersman.controllers.ephemeralvolume.controller import Controller as EphemeralVolume
from steersman.controllers.garbagecollector.controller import Controller as GarbageCollector
from steersman.controllers.localpath.controller import Controller as LocalPath
from steersman.controllers.namespace.controller import Controller as Namespace
from steersman.controllers.nodelifecycle.controller import Controller as NodeLifecycle
from steersman.controllers.persistentvolume.controller import Controller as VolumeBinder
from steersman.controllers.podgc.controller import Controller as PodGC
from steersman.controllers.pvprotection.controller import Claims as ClaimProtection
from steersman.controllers.pvprotection.controller import Volumes as VolumeProtection
from steersman.controllers.replicaset.controller import Controller as ReplicaSet
from steersman.controllers.replicaset.controller import ReplicationControllers
from steersman.controllers.resourcequota.controller import Controller as ResourceQuota
from steersman.controllers.root_ca.controller import Controller as RootCA
from steersman.controllers.serviceaccount.controller import Controller as ServiceAccount
from steersman.controllers.serviceaccounttoken.controller import Controller as ServiceAccountToken
from steersman.controllers.tainteviction.controller import Controller as TaintEviction
from steersman.controllers.validatingadmissionpolicystatus.controller import Controller as PolicyStatus
from steersman.kit import http, pki
from steersman.kit.clock import Clock
from steersman.kit.entropy import Entropy
from steersman.kit.tasks import TaskGroup


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    """What controllers are told once."""

    ca: str = ""
    """The cluster's CA in PEM, published into every namespace."""
    ca_key: str = ""
    """The CA's key in PEM; without it no certificate is signed."""
    volumes: str = ""
    """The folder below which claims of the class `standard` get theirs.  Without it this process makes none, and
    leaves that to the kubelets."""
    node_grace: float = 50.0
    """Seconds without a heartbeat after which a node's conditions become Unknown."""
    node_period: float = 5.0
    """How often that is looked at."""
    legacy_token: Callable[[Tree, str], str] | None = None
    """Signs the token of an account (a tree) that is kept in the Secret of a name; without it such Secrets stay
    empty."""

    @property
    def authority(self) -> pki.Pair | None:
        """Certificate and key of the CA, where both are known."""
        return pki.Pair(self.ca.encode(), self.ca_key.encode()) if self.ca_key else None


def user(identity: str) -> http.User:
    """A controller's identity as the API server would prove it: a ServiceAccount of kube-system, or a user.

    A name that begins with `system:` is a user's: what the reference does without credentials of its own.
    """
    if identity.startswith("system:"):
        return http.User(identity, ("system:authenticated",))
    groups = ("system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated")
    return http.User(f"system:serviceaccount:kube-system:{identity}", groups)


Make = tuple[str, Callable[[Context, Config], Controller]]

CONTROLLERS: Sequence[Make] = (
    ("namespace-controller", lambda context, config: Namespace(context)),
    ("service-account-controller", lambda context, config: ServiceAccount(context)),
    ("root-ca-cert-publisher", lambda context, config: RootCA(context, config.ca)),
    ("generic-garbage-collector", lambda context, config: GarbageCollector(context)),
    ("replicaset-controller", lambda context, config: ReplicaSet(context)),
    ("replication-controller", lambda context, config: ReplicationControllers(context)),
    ("deployment-controller", lambda context, config: Deployment(context)),
    ("endpointslice-controller", lambda context, config: EndpointSlice(context)),
    ("endpoint-controller", lambda context, config: Endpoints(context)),
    ("endpointslicemirroring-controller", lambda context, config: EndpointSliceMirroring(context)),
    ("clusterrole-aggregation-controller", lambda context, config: RoleAggregation(context)),
    (
        "node-controller",
        lambda context, config: NodeLifecycle(context, grace=config.node_grace, period=config.node_period),
    ),
    ("node-controller", lambda context, config: TaintEviction(context)),
    ("persistent-volume-binder", lambda context, config: VolumeBinder(context)),
    ("pvc-protection-controller", lambda context, config: ClaimProtection(context)),
    ("pv-protection-controller", lambda context, config: VolumeProtection(context)),
    ("persistent-volume-binder", lambda context, config: LocalPath(context, config.volumes)),
    ("ephemeral-volume-controller", lambda context, config: EphemeralVolume(context)),
    ("pod-garbage-collector", lambda context, config: PodGC(context)),
    ("certificate-controller", lambda context, config: Certificates(context, config.authority)),
    ("resourcequota-controller", lambda context, config: ResourceQuota(context)),
    ("validatingadmissionpolicy-status-controller", lambda context, config: PolicyStatus(context)),
    (
        "system:kube-controller-manager",
        lambda context, config: ServiceAccountToken(context, config.ca, config.legacy_token),
    ),
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
