"""Object types whose fields are written down here, not read from a schema."""

from collections.abc import Mapping

from steersman.cel import types


class Declared:
    """A types.Provider."""

    def __init__(self, fields: Mapping[str, Mapping[str, types.FieldType]]) -> None:
        self._fields = fields

    def find(self, name: str) -> types.Type | None:
        return types.object_(name) if name in self._fields else None

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        return self._fields.get(type_name, {}).get(field)

    def fields(self, type_name: str) -> tuple[str, ...]:
        return tuple(self._fields.get(type_name, ()))


class Together:
    """Several providers as one; the first that knows a type has it."""

    def __init__(self, *providers: types.Provider) -> None:
        self._providers = providers

    def find(self, name: str) -> types.Type | None:
        return next((found for one in self._providers if (found := one.find(name)) is not None), None)

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        for one in self._providers:
            if one.find(type_name) is not None:
                return one.field(type_name, field)
        return None

    def fields(self, type_name: str) -> tuple[str, ...]:
        return next((one.fields(type_name) for one in self._providers if one.find(type_name) is not None), ())


def named(**of: types.Type) -> Mapping[str, types.FieldType]:
    """Fields whose key in a tree is their name."""
    return {name: types.FieldType(type, name) for name, type in of.items()}
