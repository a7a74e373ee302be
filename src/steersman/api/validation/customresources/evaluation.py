"""Rules where an object is written: evaluated along the object, with its old self where there is one.

`Rules` is made once of a schema; what is below it is compiled with the first value that gets there.  `check` returns
errors, warnings and what is left of the budget, negative where the rest was not looked at any more.

What was wrong before and did not change is a warning only (see `values.unchanged`), but for rules that look at the
old self.  Lists have old selves for their items where they are maps.
"""

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import Any

from steersman.api import field
from steersman.api.cel import environments, schemas
from steersman.api.validation.customresources import expressions, values
from steersman.api.validation.customresources.values import ABSENT, Schema, has_rules
from steersman.cel import evaluating
from steersman.cel.values import NONE, EvaluationError, Optional

_SPENT = -1


class ImpatientError(Exception):
    """The rules take longer than the caller wants to wait; nothing is found out."""


class _SpentError(Exception):
    """Nothing is left of the budget; the error that says so is told already."""


@dataclasses.dataclass(slots=True)
class Outcome:
    errors: list[field.FieldError]
    warnings: list[str]
    remaining: int


@dataclasses.dataclass(slots=True)
class _Run:
    budget: int
    patience: int
    """What may still be spent before the caller loses patience."""
    errors: list[field.FieldError] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class _Old:
    """What a value was before: for rules, and to tell whether it changed."""

    value: Any = None
    """None where a rule has nothing to compare with."""
    matched: Any = ABSENT
    """ABSENT where the value cannot be matched with its old self."""
    above_unchanged: bool = False
    """Whether the nearest value above that can be matched did not change."""


class Rules:
    def __init__(self, schema: Schema, *, is_root: bool) -> None:
        self._node = _Node(schema, schemas.declare(schema, is_root=is_root))
        self.is_warm = False
        """Whether an object was checked before: most rules are compiled then."""

    def check(
        self,
        value: Any,
        old: Any,
        path: str = "",
        *,
        budget: int = environments.RUNTIME_BUDGET,
        ratcheting: bool = False,
        patience: int | None = None,
    ) -> Outcome:
        """`old` None where there is none; `ratcheting` lets through what was wrong before.

        Raises ImpatientError where it would cost more than `patience`.
        """
        run = _Run(budget, budget if patience is None else patience)
        before = _Old(old, old if ratcheting and old is not None else ABSENT)
        try:
            self._node.check(value, before, path, run)
        except _SpentError:
            run.budget = _SPENT
        finally:
            self.is_warm = True
        return Outcome(run.errors, run.warnings, run.budget)


class _Node:
    """A schema whose values rules look at, or that has such schemas below."""

    def __init__(self, schema: Schema, declared: schemas.Declared | None) -> None:
        self.schema = schema
        self.declared = declared
        self.has_rules = bool(schema.get("x-kubernetes-validations")) and declared is not None

    @functools.cached_property
    def rules(self) -> list[expressions.Compiled]:
        if not self.has_rules or self.declared is None:
            return []
        return expressions.compile(self.declared, self.schema, estimated=False)

    @functools.cached_property
    def items(self) -> "_Node | None":
        return self._element("items")

    @functools.cached_property
    def values(self) -> "_Node | None":
        return self._element("additionalProperties")

    def _element(self, name: str) -> "_Node | None":
        schema = self.schema.get(name)
        if not isinstance(schema, Mapping) or not has_rules(schema):
            return None
        return _Node(schema, self.declared.element if self.declared is not None else None)

    @functools.cached_property
    def properties(self) -> Mapping[str, "_Node"]:
        made = {}
        known = (self.declared.fields if self.declared is not None else None) or {}
        for name, schema in (self.schema.get("properties") or {}).items():
            if not has_rules(schema):
                continue
            escaped = schemas.escape(name)
            declared = schemas.declare(schema) if escaped is None else known.get(escaped)
            if declared is not None:
                made[name] = _Node(schema, declared)
        return made

    def check(self, value: Any, old: _Old, path: str, run: _Run) -> None:
        if value is None:
            return
        if self.has_rules and self.rules:
            self._evaluate(value, old, path, run)
        if isinstance(value, list):
            self._list(value, old, path, run)
        elif isinstance(value, dict):
            self._map(value, old, path, run)

    def _list(self, value: list[Any], old: _Old, path: str, run: _Run) -> None:
        node = self.items
        if node is None:
            return
        before = values.correlated(value, old.value, self.schema)
        matched = values.correlated(value, old.matched, self.schema)
        above = self._is_unchanged(value, old)
        for index, each in enumerate(value):
            was = None if before[index] is ABSENT else before[index]
            node.check(each, _Old(was, matched[index], above), f"{path}[{index}]", run)

    def _map(self, value: dict[str, Any], old: _Old, path: str, run: _Run) -> None:
        if self.values is None and not self.properties:
            return
        before = old.value if isinstance(old.value, dict) else {}
        matched = old.matched if isinstance(old.matched, dict) else {}
        above = self._is_unchanged(value, old)
        for name, child in value.items():
            if self.values is not None:
                node, where = self.values, f"{path}[{name}]"
            elif name in self.properties:
                node, where = self.properties[name], values.below(path, name)
            else:
                continue
            node.check(child, _Old(before.get(name), matched.get(name, ABSENT), above), where, run)

    def _is_unchanged(self, value: Any, old: _Old) -> bool:
        if old.matched is ABSENT:
            return old.above_unchanged
        return values.unchanged(value, old.matched, self.schema)

    def _evaluate(self, value: Any, old: _Old, path: str, run: _Run) -> None:
        assert self.declared is not None
        if run.budget <= 0:
            run.errors.append(self._invalid(path, environments.OUT_OF_BUDGET))
            raise _SpentError
        declared = self.declared
        variables: dict[str, Any] = {expressions.SELF: evaluating.Lazy(lambda: schemas.value_of(declared, value))}
        optional = dict(variables)
        optional[expressions.OLD_SELF] = NONE
        if old.value is not None:
            variables[expressions.OLD_SELF] = evaluating.Lazy(lambda: schemas.value_of(declared, old.value))
            optional[expressions.OLD_SELF] = evaluating.Lazy(lambda: Optional(schemas.value_of(declared, old.value)))
        for compiled in self.rules:
            if compiled.error:
                run.errors.append(self._invalid(path, f"rule compile error: {compiled.error}"))
            elif compiled.program is not None:
                is_optional = bool(compiled.rule.get("optionalOldSelf"))
                if compiled.uses_old_self and old.value is None and not is_optional:
                    continue  # a transition of nothing
                self._rule(compiled, optional if is_optional else variables, variables, value, old, path, run)

    def _invalid(self, path: str, text: str) -> field.FieldError:
        return field.invalid(field.Path(path or values.NOWHERE), self.schema.get("type") or "", text)

    def _rule(
        self,
        compiled: expressions.Compiled,
        variables: Mapping[str, Any],
        plain: Mapping[str, Any],
        value: Any,
        old: _Old,
        path: str,
        run: _Run,
    ) -> None:
        assert compiled.program is not None
        failure: EvaluationError | None = None
        try:
            kept, cost = compiled.program.run(variables, limit=_limit(run))
        except EvaluationError as error:
            failure, kept, cost = error, None, error.cost
        _pay(cost, run)
        if cost > run.budget:
            run.errors.append(self._invalid(path, environments.OUT_OF_BUDGET))
            raise _SpentError
        run.budget -= cost
        if failure is not None:
            self._failed(compiled, failure, path, run)
            return
        if kept is True:
            return
        where = f"{path}.{compiled.field_path}" if path and compiled.field_path else compiled.field_path or path
        where = where or values.NOWHERE
        is_told = not compiled.uses_old_self and self._is_unchanged(value, old)

        def add(error: field.FieldError) -> None:
            if is_told:
                run.warnings.append(str(error))
            else:
                run.errors.append(error)

        detail = ""
        if compiled.message is not None:
            try:
                detail = self._message(compiled, plain, run)
            except _SpentError as error:
                add(field.invalid(field.Path(where), self.schema.get("type") or "", str(error)))
                raise
        add(_refusal(where, value, detail or _message_or_default(compiled.rule), compiled.rule.get("reason")))

    def _failed(self, compiled: expressions.Compiled, error: EvaluationError, path: str, run: _Run) -> None:
        told = _told(compiled.rule)
        if str(error).startswith("no such overload"):
            text = "call arguments did not match a supported operator, function or macro signature for rule"
            run.errors.append(self._invalid(path, f"'{error}': {text}: {told}"))
        elif isinstance(error, evaluating.CostExceeded):
            text = "no further validation rules will be run due to call cost exceeds limit for rule"
            run.errors.append(self._invalid(path, f"'{error}': {text}: {told}"))
            raise _SpentError
        else:
            run.errors.append(self._invalid(path, f"{error} evaluating rule: {told}"))

    def _message(self, compiled: expressions.Compiled, variables: Mapping[str, Any], run: _Run) -> str:
        """What the message expression gives; empty where it gives nothing of use."""
        assert compiled.message is not None
        failure: EvaluationError | None = None
        try:
            made, cost = compiled.message.run(variables, limit=_limit(run))
        except EvaluationError as error:
            failure, made, cost = error, "", error.cost
        _pay(cost, run)
        if cost > run.budget:
            raise _SpentError(
                "messageExpression evaluation failed due to running out of cost budget, no further validation rules "
                "will be run"
            )
        if isinstance(failure, evaluating.CostExceeded):
            expression = json.dumps(compiled.rule.get("messageExpression"), ensure_ascii=False)
            text = "no further validation rules will be run due to call cost exceeds limit for messageExpression"
            raise _SpentError(f"{text}: {expression}")
        run.budget -= cost
        text = made.strip() if isinstance(made, str) else ""
        return "" if len(text.encode()) > environments.LONGEST_MESSAGE or "\n" in text else text


def _limit(run: _Run) -> int:
    return min(environments.PER_CALL_LIMIT, run.patience)


def _pay(cost: int, run: _Run) -> None:
    run.patience -= cost
    if run.patience < 0 and run.budget >= cost and cost <= environments.PER_CALL_LIMIT:
        raise ImpatientError


def _refusal(at: str, value: Any, detail: str, reason: str | None) -> field.FieldError:
    """Scalars are shown, objects and lists are not: they may be large."""
    path = field.Path(at)
    if reason == field.Type.FORBIDDEN:
        return field.forbidden(path, detail)
    if reason == field.Type.REQUIRED:
        return field.required(path, detail)
    is_scalar = not isinstance(value, dict | list)
    if reason == field.Type.DUPLICATE:
        return (
            field.duplicate(path, value) if is_scalar else field.FieldError(field.Type.DUPLICATE, at, "Duplicate value")
        )
    if is_scalar:
        return field.invalid(path, value, detail)
    return field.FieldError(field.Type.INVALID, at, f"Invalid value: {detail}")


def _message_or_default(rule: Schema) -> str:
    return _told(rule) if rule.get("message") else f"failed rule: {_told(rule)}"


def _told(rule: Schema) -> str:
    found: str = rule.get("message") or rule.get("rule") or ""
    return found.strip()
