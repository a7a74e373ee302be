"""The messages of containerd's own services that we speak, described as data.

CRI has no event stream in containerd 1.6 and lends streams only over SPDY; containerd's services
`tasks`, `containers` and `events` have both.  Their Python stubs on PyPI do not load beside protobuf 6, and
we need a dozen messages of some hundred: a table of fields (name, number, type) is shorter than generated
code.  Fields that we do not use are left out; protobuf skips them.  Numbers from containerd's
`api/services/*/v1/*.proto` and `api/events/task.proto`, version 1.6.
"""

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, empty_pb2, message_factory

_Kind = descriptor_pb2.FieldDescriptorProto

_KINDS = {
    "string": _Kind.TYPE_STRING,
    "uint32": _Kind.TYPE_UINT32,
    "bool": _Kind.TYPE_BOOL,
    "bytes": _Kind.TYPE_BYTES,
}

# message -> field -> (number, type); a type with a dot is another message, a leading "*" is repeated.
_MESSAGES: Mapping[str, Mapping[str, Mapping[str, tuple[int, str]]]] = {
    "containerd.services.tasks.v1": {
        "ExecProcessRequest": {
            "container_id": (1, "string"),
            "stdin": (2, "string"),
            "stdout": (3, "string"),
            "stderr": (4, "string"),
            "terminal": (5, "bool"),
            "spec": (6, ".google.protobuf.Any"),
            "exec_id": (7, "string"),
        },
        "StartRequest": {"container_id": (1, "string"), "exec_id": (2, "string")},
        "StartResponse": {"pid": (1, "uint32")},
        "DeleteProcessRequest": {"container_id": (1, "string"), "exec_id": (2, "string")},
        "DeleteResponse": {"exit_status": (3, "uint32")},
        "KillRequest": {
            "container_id": (1, "string"),
            "exec_id": (2, "string"),
            "signal": (3, "uint32"),
            "all": (4, "bool"),
        },
        "ResizePtyRequest": {
            "container_id": (1, "string"),
            "exec_id": (2, "string"),
            "width": (3, "uint32"),
            "height": (4, "uint32"),
        },
        "CloseIORequest": {"container_id": (1, "string"), "exec_id": (2, "string"), "stdin": (3, "bool")},
        "WaitRequest": {"container_id": (1, "string"), "exec_id": (2, "string")},
        "WaitResponse": {"exit_status": (1, "uint32")},
    },
    "containerd.services.containers.v1": {
        "GetContainerRequest": {"id": (1, "string")},
        "Container": {"id": (1, "string"), "spec": (5, ".google.protobuf.Any")},
        "GetContainerResponse": {"container": (1, ".containerd.services.containers.v1.Container")},
    },
    "containerd.services.events.v1": {
        "SubscribeRequest": {"filters": (1, "*string")},
        "Envelope": {
            "namespace": (2, "string"),
            "topic": (3, "string"),
            "event": (4, ".google.protobuf.Any"),
        },
    },
    "containerd.events": {
        "TaskStart": {"container_id": (1, "string"), "pid": (2, "uint32")},
        "TaskExit": {
            "container_id": (1, "string"),
            "id": (2, "string"),
            "pid": (3, "uint32"),
            "exit_status": (4, "uint32"),
        },
        "TaskDelete": {"container_id": (1, "string"), "exit_status": (3, "uint32"), "id": (5, "string")},
        "TaskOOM": {"container_id": (1, "string")},
    },
}


def _build() -> dict[str, Any]:
    """Message classes by full name, in a pool of our own so that nobody else's descriptions clash."""
    pool = descriptor_pool.DescriptorPool()
    for module in (any_pb2, empty_pb2):
        description = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(description)
        pool.Add(description)
    for package, messages in _MESSAGES.items():
        file = descriptor_pb2.FileDescriptorProto(
            name=f"{package.replace('.', '/')}.proto",
            package=package,
            syntax="proto3",
            dependency=["google/protobuf/any.proto"],
        )
        for name, fields in messages.items():
            message = file.message_type.add(name=name)
            for field, (number, kind) in fields.items():
                repeated = kind.startswith("*")
                kind = kind.removeprefix("*")
                made = message.field.add(
                    name=field, number=number, label=_Kind.LABEL_REPEATED if repeated else _Kind.LABEL_OPTIONAL
                )
                if kind in _KINDS:
                    made.type = _KINDS[kind]
                else:
                    made.type, made.type_name = _Kind.TYPE_MESSAGE, kind
        pool.Add(file)
    made_classes: dict[str, Any] = {}
    for package, messages in _MESSAGES.items():
        for name in messages:
            full = f"{package}.{name}"
            made_classes[full] = message_factory.GetMessageClass(pool.FindMessageTypeByName(full))
    empty = "google.protobuf.Empty"
    made_classes[empty] = message_factory.GetMessageClass(pool.FindMessageTypeByName(empty))
    return made_classes


_CLASSES = _build()


def message(name: str) -> Callable[..., Any]:
    """The class of a message by its full name."""
    made: Callable[..., Any] = _CLASSES[name]
    return made


def serialise(value: Any) -> bytes:
    data: bytes = value.SerializeToString()
    return data


def parser(name: str) -> Callable[[bytes], Any]:
    parse: Callable[[bytes], Any] = _CLASSES[name].FromString
    return parse
