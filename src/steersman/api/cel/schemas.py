"""Types for CEL from OpenAPI schemas, and CEL values from trees that keep such a schema.

    declared = declare(schema, is_root=True)        # None where a schema shows nothing to expressions
    known = Types(declared, "self")                 # a types.Provider
    env = BASE.extended(variables={"self": known.root}, provider=known)
    checked = env.compile("self.spec.size < 3")
    estimate(checked, env, Sizes(declared))
    env.program(checked).evaluate({"self": value_of(declared, tree)})

A `Declared` (`declaring`) is what a schema declares: a kind of type, how many elements a value has at most, how small
it is in JSON.

Where a type needs another value than what stands in the tree, the field says so by `FieldType.adapt` (`adapting`).
"""

from collections.abc import Mapping

from steersman.api.cel import adapting, declaring
from steersman.api.cel.declaring import Declared as Declared
from steersman.api.cel.declaring import declare as declare
from steersman.api.cel.declaring import escape as escape
from steersman.cel import estimating, types

value_of = adapting.value_of
"""The CEL value of what stands in a tree: `value_of(declared, value)`."""

_PLAIN: Mapping[str, types.Type] = {
    "bool": types.BOOL, "int": types.INT, "double": types.DOUBLE, "string": types.STRING, "bytes": types.BYTES,
    "duration": types.DURATION, "timestamp": types.TIMESTAMP, "dyn": types.DYN,
}  # fmt: skip


class Types:
    """The object types below a declaration, named by their place: `self.spec.items.@idx`.  A types.Provider."""

    def __init__(self, declared: Declared, name: str = "selfType", *, keywords: bool = False) -> None:
        self._known: dict[str, Declared] = {}
        self._fields: dict[tuple[str, str], types.FieldType] = {}
        self._keywords = keywords
        """Whether `object.spec.namespace` may be written without escape."""
        self.root = self._typed(declared, name)

    def _typed(self, declared: Declared, name: str) -> types.Type:
        if declared.kind == "object":
            self._known[name] = declared
            return types.object_(name)
        if declared.kind == "list":
            assert declared.element is not None
            return types.list_of(self._typed(declared.element, f"{name}.@idx"))
        if declared.kind == "map":
            assert declared.element is not None
            return types.map_of(types.STRING, self._typed(declared.element, f"{name}.@elem"))
        return _PLAIN[declared.kind]

    def find(self, name: str) -> types.Type | None:
        return types.object_(name) if name in self._known else None

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        made = self._fields.get((type_name, field))
        if made is None:
            declared = self._known.get(type_name)
            if declared is None or declared.fields is None or declared.keys is None:
                return None
            name = field
            if name not in declared.fields and self._keywords and field in declaring.RESERVED:
                name = f"__{field}__"
            child = declared.fields.get(name)
            if child is None:
                return None
            made = types.FieldType(
                self._typed(child, f"{type_name}.{name}"), declared.keys[name], adapting.adapter(child)
            )
            self._fields[type_name, field] = made
        return made

    def fields(self, type_name: str) -> tuple[str, ...]:
        declared = self._known.get(type_name)
        return tuple(declared.fields or ()) if declared is not None else ()


class Sizes:
    """How large what a path leads to is at most; an `estimating.Sizer`.

    Kubernetes takes every path to start at `self`, whatever its first step is.  The elements of a list that an
    expression computed have a path of that one step (`self.split(".").all(l, ...)`), and so count as large as
    `self` itself is.
    """

    def __init__(self, root: Declared) -> None:
        self._root = root

    def size(self, node: estimating.Node) -> estimating.Size | None:
        if not node.path:
            return None
        found: Declared | None = self._root
        for step in node.path[1:]:
            if found is None:
                return None
            if step in ("@items", "@values"):
                found = found.element
            elif step == "@keys":
                found = _KEY if found.kind == "map" else None
            else:
                found = (found.fields or {}).get(step)
        return None if found is None else estimating.Size(0, found.max_elements)


_KEY = Declared("string", {}, 0, declaring.MIN_STRING)
