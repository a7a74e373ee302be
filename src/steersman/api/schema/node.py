"""One type of the API, as the walks over objects need it.

Nodes are shared and may refer to themselves (JSONSchemaProps), so they are made once and never changed.
Custom resources' schemas become the same nodes, so that patches, apply, pruning and defaulting need not know
where a type came from.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class Node:
    """A type.

    `kind`: object (known fields), map (any key, values of `item`), list (of `item`), string, integer, number,
    boolean, quantity, int-or-string, time, micro-time, duration, bytes, or any (kept as it is: RawExtension,
    FieldsV1, preserve-unknown-fields).
    """

    __slots__ = (
        "default", "description", "embedded", "fields", "format", "go_name", "go_names", "go_type", "item", "kind",
        "list_keys", "list_type", "map_type", "name", "nullable", "omitted", "patch_key", "patch_strategies",
        "preserve_unknown", "required", "walk", "zeros",
    )  # fmt: skip

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = ""
        """The definition's name (`io.k8s.api.core.v1.Pod`), where it is one."""
        self.go_type = ""
        """The last part of the name (`PodSpec`), as decoding errors show it."""
        self.fields: Mapping[str, Node] = {}
        self.item: Node | None = None
        self.required: frozenset[str] = frozenset()
        self.format = ""
        self.nullable = False
        self.default: Any = None
        self.list_type = ""
        """Of a list: atomic, set or map; empty counts as atomic."""
        self.list_keys: Sequence[str] = ()
        self.map_type = ""
        """Of an object or map: granular or atomic; empty counts as granular."""
        self.patch_strategies: frozenset[str] = frozenset()
        """merge, replace, retainKeys."""
        self.patch_key = ""
        self.preserve_unknown = False
        self.zeros: Mapping[str, Any] = {}
        """Fields that are written even when absent, and as what (`codec` fills them in)."""
        self.omitted: frozenset[str] = frozenset()
        """Fields that are left out when they are zero: an empty string, 0, false, an empty list or map."""
        self.go_name = ""
        """The type as decoding errors name it: `v1.PodSpec`, `[]v1.ServicePort`, `int32`."""
        self.go_names: Mapping[str, str] = {}
        """The same for fields whose type has a name that the schema does not know."""
        self.embedded: Mapping[str, str] = {}
        """Fields of embedded structs, and the struct's name, which decoding errors show in the path."""
        self.walk: Any = None
        """What `codec` has prepared for this type."""
        self.description = ""

    def __repr__(self) -> str:
        return f"Node({self.kind} {self.name})".replace(" )", ")")

    def child(self, name: str) -> "Node | None":
        """The type of a field of an object or of a map's value."""
        return self.fields.get(name) or self.item if self.kind in ("object", "map") else None
