"""Expressions that select devices, in DeviceClasses and ResourceClaims: `device.attributes["d.example.com"].model`.

The variable `device` has the name of its driver, its attributes and its capacities, both by domain and then by
name; a domain that a device has nothing of is empty, not missing.  The API limits the sizes of all of them, so that an
expression's cost is known when it is written.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from steersman.api.cel import compiling, declared, environments, quantity, semver
from steersman.api.tree import Tree
from steersman.cel import estimating, evaluating, types, values
from steersman.cel.library import bindings

COST_LIMIT = 1_000_000
LONGEST = 10 * 1024
"""Bytes of an expression."""
_DOMAIN, _ID, _DRIVER, _VALUE, _MOST = 63, 32, 63, 64, 32
"""Longest domain, name, driver name and value; most attributes and capacities of one device."""

_DEVICE = types.object_("kubernetes.DRADevice")
_TEXT = types.STRING
_BY_DOMAIN = functools.partial(types.map_of, _TEXT)

ENVIRONMENT = environments.BASE.extended(
    variables={"device": _DEVICE},
    libraries=(bindings.LIBRARY,),
    provider=declared.Declared(
        {
            "kubernetes.DRADevice": declared.named(
                driver=_TEXT,
                allowMultipleAllocations=types.BOOL,
                attributes=_BY_DOMAIN(types.map_of(_TEXT, types.DYN)),
                capacity=_BY_DOMAIN(types.map_of(_TEXT, quantity.TYPE)),
            )
        }
    ),
)


class _Sizes:
    """By path; an attribute is as long as the longest may be, whatever its name."""

    def size(self, node: estimating.Node) -> estimating.Size | None:
        most = _most(node.path or ())
        return None if most is None else estimating.Size(0, most)


def _most(path: tuple[str, ...]) -> int | None:
    match path:
        case ("device",) | ("device", "capacity", "@values", "@values"):
            return 0
        case ("device", "driver"):
            return _DRIVER
        case ("device", "allowMultipleAllocations"):
            return 1
        case ("device", "attributes" | "capacity"):
            return _MOST
        case ("device", "attributes" | "capacity", "@keys"):
            return _DOMAIN
        case ("device", "attributes" | "capacity", "@values"):
            return _MOST
        case ("device", "attributes" | "capacity", "@values", "@keys"):
            return _ID
        case ("device", "attributes", "@values", _):
            return _VALUE
    return None


def compile(text: str) -> compiling.Compiled:
    """Raises compiling.Refused."""
    found = compiling.compile(text, ENVIRONMENT)
    if found.checked.result not in (types.BOOL, types.DYN):
        raise compiling.Refused(f"must evaluate to bool or the unknown type, not {found.checked.result}")
    return found


def expected_cost(found: compiling.Compiled) -> int:
    return estimating.estimate(found.checked, ENVIRONMENT, _Sizes()).max


def matches(found: compiling.Compiled, device: Tree, driver: str) -> bool:
    """Of a device as it stands in a ResourceSlice.  Raises values.EvaluationError."""
    value = evaluate(found.program, device, driver)
    if not isinstance(value, bool):
        name = values.type_name(value)
        raise values.EvaluationError(
            f"CEL result of type {name} could not be converted to bool: type conversion error from '{name}' to 'bool'"
        )
    return value


def evaluate(program: evaluating.Program, device: Tree, driver: str) -> Any:
    attributes: dict[str, dict[str, Any]] = {}
    for name, attribute in (device.get("attributes") or {}).items():
        domain, id = _qualified(name, driver)
        try:
            attributes.setdefault(domain, {})[id] = _value(attribute)
        except values.EvaluationError as error:
            raise values.EvaluationError(f"attribute {name}: {error}") from None
    capacity: dict[str, dict[str, Any]] = {}
    for name, amount in (device.get("capacity") or {}).items():
        domain, id = _qualified(name, driver)
        capacity.setdefault(domain, {})[id] = quantity.parse(str(amount.get("value") or "0"))
    variable = {
        "driver": driver,
        "allowMultipleAllocations": bool(device.get("allowMultipleAllocations")),
        "attributes": _Domains(attributes),
        "capacity": _Domains(capacity),
    }
    return program.evaluate({"device": variable}, limit=COST_LIMIT)


def _qualified(name: str, driver: str) -> tuple[str, str]:
    domain, slash, id = name.partition("/")
    return (domain, id) if slash else (driver, name)


def _value(attribute: Tree) -> Any:
    for kind in ("int", "bool", "string"):
        if attribute.get(kind) is not None:
            return attribute[kind]
    if attribute.get("version") is not None:
        try:
            return semver.parse(attribute["version"])
        except values.EvaluationError as error:
            raise values.EvaluationError(f"parse semantic version: {error}") from None
    raise values.EvaluationError("unsupported attribute value")


class _Domains(Mapping[str, Mapping[str, Any]]):
    """Gives an empty map for a domain that is not there; `in` tells the truth."""

    def __init__(self, there: Mapping[str, Mapping[str, Any]]) -> None:
        self._there = there

    def __getitem__(self, domain: str) -> Mapping[str, Any]:
        return self._there.get(domain, {})

    def __contains__(self, domain: object) -> bool:
        return domain in self._there

    def __iter__(self) -> Iterator[str]:
        return iter(self._there)

    def __len__(self) -> int:
        return len(self._there)
