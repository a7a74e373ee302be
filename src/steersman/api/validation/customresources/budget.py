"""Rules where a definition is written: they compile, use `oldSelf` where they may, and cost what they may.

A `Place` is a schema within a definition's schema.  It knows how many values of it an object may hold, as far as
limits say so, and all places of a definition share one sum.
"""

import dataclasses

from steersman.api import field
from steersman.api.cel import environments, schemas
from steersman.api.validation import internal
from steersman.api.validation.customresources import expressions
from steersman.api.validation.customresources.values import Schema
from steersman.api.validation.errors import Errors
from steersman.cel import estimating

_RULE = (
    ("Rule", "rule", ""), ("Message", "message", ""), ("MessageExpression", "messageExpression", ""),
    ("Reason", "reason", None), ("FieldPath", "fieldPath", ""), ("OptionalOldSelf", "optionalOldSelf", None),
)  # fmt: skip
_NO_TYPES = (
    "internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert "
    "structural schema to CEL declarations"
)
_ADVICE = "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared"  # noqa: E501
_MOST_TOLD = 4


@dataclasses.dataclass(slots=True)
class Total:
    """What all rules of a definition may cost, and the places of those that cost most."""

    cost: int = 0
    expensive: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    suppressed: bool = False
    """Whether single rules may be too expensive: the schema is stored already."""

    def observe(self, at: str, cost: int) -> None:
        self.cost = estimating.add(self.cost, cost)
        if cost >= environments.ESTIMATED_DEFINITION_LIMIT // 100:
            self.expensive.append((cost, at))
            self.expensive.sort(key=lambda each: -each[0])
            del self.expensive[_MOST_TOLD:]

    def check(self, at: str, e: Errors) -> None:
        limit = environments.ESTIMATED_DEFINITION_LIMIT
        if self.cost <= limit:
            return
        for _, where in self.expensive:
            e.forbidden(
                where, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
            )
        name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
        e.forbidden(at, _exceeds(name, self.cost, limit))


def _exceeds(name: str, cost: int, limit: int) -> str:
    factor = cost / limit
    if factor > 100.0:
        shown = "more than 100x"
    else:
        shown = f"{factor:.6f}x" if factor < 1.5 else f"{factor:.1f}x"
    return f"{name} exceeds budget by factor of {shown} ({_ADVICE})"


class Place:
    def __init__(self, schema: Schema, total: Total, *, is_root: bool = True, count: int | None = 1) -> None:
        self._schema = schema
        self._total = total
        self._is_root = is_root
        self._count = count
        """How many values there may be; None where nothing limits them."""

    def property(self, name: str, schema: Schema) -> "Place":
        return self._below(schema)

    def items(self, schema: Schema) -> "Place":
        return self._below(schema)

    def values(self, schema: Schema) -> "Place":
        return self._below(schema)

    def _below(self, schema: Schema) -> "Place":
        each = _elements(self._schema)
        count = None if self._count is None or each is None else estimating.multiply(self._count, each)
        return Place(schema, self._total, is_root=False, count=count)

    def check(self, at: str, uncorrelated: str, e: Errors) -> None:
        """The rules of this schema, which is sound; `uncorrelated` as `openapi._Scope` has it."""
        declared = schemas.declare(self._schema, is_root=self._is_root)
        where = f"{at}.x-kubernetes-validations"
        if declared is None:
            e.found.append(field.internal(field.Path(where), _NO_TYPES))
            return
        for index, compiled in enumerate(expressions.compile(declared, self._schema, estimated=True)):
            self._rule(compiled, declared, f"{where}[{index}]", uncorrelated, e)

    def _rule(
        self, compiled: expressions.Compiled, declared: schemas.Declared, at: str, uncorrelated: str, e: Errors
    ) -> None:
        rule, limit, total = compiled.rule, environments.ESTIMATED_LIMIT, self._total
        cost = estimating.multiply(compiled.cost, declared.max_cardinality if self._count is None else self._count)
        if cost > limit and not total.suppressed:
            e.forbidden(f"{at}.rule", _exceeds("estimated rule cost", cost, limit))
        total.observe(f"{at}.rule", cost)
        shown = internal.shown(rule, _RULE)
        if compiled.error:
            e.raw(f"{at}.rule", shown, compiled.error)
        if compiled.message_error:
            e.raw(f"{at}.messageExpression", shown, compiled.message_error)
        elif compiled.message is not None:
            if compiled.message_cost > limit and not total.suppressed:
                text = _exceeds("estimated messageExpression cost", compiled.message_cost, limit)
                e.forbidden(f"{at}.messageExpression", text)
            total.observe(f"{at}.messageExpression", compiled.message_cost)
        if compiled.uses_old_self:
            if uncorrelated:
                text = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {uncorrelated}"
                e.invalid(f"{at}.rule", rule.get("rule"), text)
        elif rule.get("optionalOldSelf") is not None:
            text = "may not be set if oldSelf is not used in rule"
            e.invalid(f"{at}.optionalOldSelf", rule["optionalOldSelf"], text)


def _elements(schema: Schema) -> int | None:
    """How many values a value of this schema holds at most; None where nothing limits them."""
    kind, most = schema.get("type"), None
    if kind == "object" and schema.get("additionalProperties") is not None:
        most = schema.get("maxProperties")
    elif kind == "array":
        most = schema.get("maxItems")
    else:
        return 1
    return None if most is None else max(most, 0)
