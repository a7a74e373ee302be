"""What the kubelet asks of a container runtime: the Container Runtime Interface (CRI v1) in Python's terms.

Implementations: `containerd` (CRI, and containerd's own services for streams and events) and `simulated`
(in memory; needs neither root nor Linux).  Values returned belong to the caller; configurations handed in
are not kept.  Times are Unix seconds (0.0: not yet).

A sandbox holds a pod's network and namespaces; containers run in it.  `stop_…` and `remove_…` of something
that is gone succeed.  Everything else that is asked of something unknown raises `NotFound`.
"""

import dataclasses
import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol


class RuntimeFault(Exception):
    """The runtime refused or failed; the text is the runtime's own, fit for an event."""


class NotFound(RuntimeFault):
    """No such sandbox, container or image."""


class Unreachable(RuntimeFault):
    """The runtime does not answer (not started, dying).  Worth trying again."""


class ImagePullFault(RuntimeFault):
    """The image could not be brought: absent, refused, or the registry cannot be reached."""


class ExecTimeout(RuntimeFault):
    """An `exec_sync` took longer than allowed; its process was killed."""


@dataclasses.dataclass(frozen=True, slots=True)
class PortMapping:
    container_port: int
    host_port: int
    protocol: str = "TCP"
    host_ip: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class NamespaceOptions:
    """True: the node's namespace, not the pod's own."""

    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    shared_pid: bool = False  # all containers of the pod see each other's processes


@dataclasses.dataclass(frozen=True, slots=True)
class SandboxConfig:
    name: str
    namespace: str
    uid: str
    attempt: int = 0
    hostname: str = ""
    log_directory: str = ""
    dns_servers: Sequence[str] = ()
    dns_searches: Sequence[str] = ()
    dns_options: Sequence[str] = ()
    port_mappings: Sequence[PortMapping] = ()
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cgroup_parent: str = ""
    sysctls: Mapping[str, str] = dataclasses.field(default_factory=dict)
    namespaces: NamespaceOptions = NamespaceOptions()
    runtime_handler: str = ""
    security: "Security | None" = None


class SandboxState(enum.Enum):
    READY = "ready"
    NOT_READY = "not-ready"


@dataclasses.dataclass(frozen=True, slots=True)
class Sandbox:
    id: str
    name: str
    namespace: str
    uid: str
    attempt: int
    state: SandboxState
    created_at: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    ips: Sequence[str] = ()  # filled by sandbox_status only
    network_path: str = ""  # the network namespace as a path; filled by sandbox_status only
    pid: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Mount:
    container_path: str
    host_path: str
    read_only: bool = False
    recursive_read_only: bool = False
    propagation: str = "None"  # None, HostToContainer, Bidirectional
    selinux_relabel: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    container_path: str
    host_path: str
    permissions: str = "rwm"


@dataclasses.dataclass(frozen=True, slots=True)
class Resources:
    """Limits for the cgroup, in the kernel's units.  0 is unset."""

    cpu_shares: int = 0
    cpu_quota: int = 0  # microseconds a period; -1 unlimited
    cpu_period: int = 0
    memory_limit: int = 0  # bytes
    oom_score_adj: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Security:
    privileged: bool = False
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_username: str = ""
    supplemental_groups: Sequence[int] = ()
    read_only_root: bool = False
    no_new_privileges: bool = False
    add_capabilities: Sequence[str] = ()
    drop_capabilities: Sequence[str] = ()
    seccomp: str = "Unconfined"  # RuntimeDefault, Unconfined, or a file's path
    apparmor: str = ""
    masked_paths: Sequence[str] = ()
    readonly_paths: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class ContainerConfig:
    name: str
    image: str  # the reference as `ImageStatus.id` or a name that the runtime has
    attempt: int = 0
    command: Sequence[str] = ()  # empty: the image's entry point
    args: Sequence[str] = ()
    working_dir: str = ""
    env: Sequence[tuple[str, str]] = ()
    mounts: Sequence[Mount] = ()
    devices: Sequence[Device] = ()
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    log_path: str = ""  # below the sandbox's log directory
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False
    resources: Resources = Resources()
    security: Security = Security()
    namespaces: NamespaceOptions = NamespaceOptions()
    stop_signal: str = ""


class ContainerState(enum.Enum):
    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class Container:
    id: str
    sandbox_id: str
    name: str
    attempt: int
    image: str
    image_id: str
    state: ContainerState
    created_at: float
    started_at: float
    finished_at: float
    exit_code: int
    reason: str  # Completed, Error, OOMKilled, or the runtime's word
    message: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    log_path: str = ""  # whole path
    pid: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class ImageStatus:
    id: str  # sha256:...
    tags: Sequence[str]
    digests: Sequence[str]
    size: int
    user: str = ""  # what the image runs as: a number, a name, or nothing


@dataclasses.dataclass(frozen=True, slots=True)
class Credentials:
    username: str = ""
    password: str = ""
    identity_token: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ExecResult:
    exit_code: int
    stdout: bytes
    stderr: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class ContainerStats:
    id: str
    cpu_nanoseconds: int  # used since the container began
    memory_bytes: int  # the working set
    at: float


class EventKind(enum.Enum):
    STARTED = "started"
    EXITED = "exited"
    DELETED = "deleted"
    OOM = "oom"


@dataclasses.dataclass(frozen=True, slots=True)
class RuntimeEvent:
    """A hint that something happened to a container or sandbox: look again.  Events may be lost."""

    kind: EventKind
    id: str
    exit_code: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Version:
    name: str  # containerd
    version: str
    api: str


class Process(Protocol):
    """A process in a container whose streams we hold: `exec` and `attach`."""

    async def read(self) -> tuple[int, bytes] | None:
        """What came next, as (1 stdout | 2 stderr, bytes); None when both have ended."""
        ...

    async def write(self, data: bytes) -> None:
        """To its standard input; ignored when it has none."""
        ...

    async def close_input(self) -> None: ...

    async def resize(self, columns: int, rows: int) -> None: ...

    async def wait(self) -> int:
        """The exit code.  For `attach`: when the container ends."""
        ...

    async def close(self) -> None:
        """Let go.  An exec's process is killed, an attached container is not."""
        ...


class Tunnel(Protocol):
    """A byte stream to a port of a pod."""

    async def read(self) -> bytes:
        """Empty at the end."""
        ...

    async def write(self, data: bytes) -> None: ...

    async def close_input(self) -> None: ...

    async def close(self) -> None: ...


class ContainerRuntime(Protocol):
    async def version(self) -> Version: ...

    async def run_sandbox(self, config: SandboxConfig) -> str: ...

    async def stop_sandbox(self, id: str) -> None: ...

    async def remove_sandbox(self, id: str) -> None: ...

    async def sandbox_status(self, id: str) -> Sandbox: ...

    async def list_sandboxes(self) -> Sequence[Sandbox]: ...

    async def create_container(self, sandbox_id: str, config: ContainerConfig, sandbox: SandboxConfig) -> str: ...

    async def start_container(self, id: str) -> None: ...

    async def stop_container(self, id: str, grace_seconds: float) -> None:
        """The stop signal, then after the grace SIGKILL.  Returns when the container has ended."""
        ...

    async def remove_container(self, id: str) -> None: ...

    async def container_status(self, id: str) -> Container: ...

    async def list_containers(self) -> Sequence[Container]:
        """All, with what a listing has: times other than `created_at`, exit code, reason and pid may be
        missing (0, empty); ask `container_status`."""
        ...

    async def update_resources(self, id: str, resources: Resources) -> None: ...

    async def reopen_log(self, id: str) -> None: ...

    async def exec_sync(self, id: str, command: Sequence[str], timeout_seconds: float) -> ExecResult:
        """Run to the end, output bounded to 16 MiB.  Raises ExecTimeout."""
        ...

    async def exec(self, id: str, command: Sequence[str], *, stdin: bool, tty: bool) -> Process: ...

    async def attach(self, id: str) -> Process: ...

    async def connect(self, sandbox_id: str, port: int) -> Tunnel:
        """A TCP connection to 127.0.0.1:port inside the sandbox's network.  Raises ConnectionError."""
        ...

    async def pull_image(self, image: str, credentials: Credentials | None = None) -> str:
        """Bring an image; returns its id.  Raises ImagePullFault."""
        ...

    async def image_status(self, image: str) -> ImageStatus | None: ...

    async def list_images(self) -> Sequence[ImageStatus]: ...

    async def remove_image(self, image: str) -> None: ...

    async def load_image(self, path: str) -> Sequence[str]:
        """Import an archive (`docker save`, OCI layout) from the node's disk; returns the names in it."""
        ...

    async def stats(self) -> Sequence[ContainerStats]: ...

    def events(self) -> AsyncIterator[RuntimeEvent]:
        """Hints, until the caller stops.  Ends with Unreachable when the runtime goes."""
        ...

    async def close(self) -> None:
        """Let go of connections; containers run on."""
        ...
