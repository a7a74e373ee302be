"""The expressions of a validating policy, compiled, and what they decide about a write.

Pure but for the authorizer's answers.  Imported when a policy is first met, as CEL comes with it.

Checks, messages and audit annotations are evaluated apart: each has its own values of the variables, and messages
spend what the checks left.  What a message expression cannot give, the written message does, or the check's own text.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

from steersman.api.cel import compiling, conditions, environments, policies
from steersman.api.tree import Tree
from steersman.apiserver.admission.policies.decisions import INVALID, Decision, Verdict
from steersman.apiserver.admission.policies.inputs import Input
from steersman.cel import types

Expression = compiling.Compiled | compiling.Refused


class Validator:
    def __init__(self, tree: Tree) -> None:
        spec = tree["spec"]
        self._params = spec.get("paramKind") is not None
        self._fails_open = spec.get("failurePolicy", "Fail") == "Ignore"
        texts = [condition["expression"].strip() for condition in spec.get("matchConditions") or ()]
        self._conditions = conditions.compiled(texts, params=self._params)
        self._composed = composition(spec, params=self._params)
        self._checks: Sequence[Any] = spec.get("validations") or ()
        self._expressions = [compiled(self._composed, check["expression"], types.BOOL) for check in self._checks]
        self._messages = [self._text(check.get("messageExpression"), types.STRING) for check in self._checks]
        notes = spec.get("auditAnnotations") or ()
        self._notes = [self._text(note["valueExpression"], types.STRING, types.NULL) for note in notes]

    def _text(self, text: str | None, *results: types.Type) -> Expression | None:
        return compiled(self._composed, text, *results, authorizer=False) if text else None

    def validate(self, seen: Input, param: Tree | None) -> Verdict:
        variables = seen.variables(param)
        if self._conditions:
            try:
                if not conditions.hold(
                    self._conditions, {**variables, "namespaceObject": None}, fails_open=self._fails_open
                ):
                    return Verdict()
            except conditions.NotEvaluated as error:
                return self._failed(str(error))
        run = policies.Evaluation(self._composed, variables)
        try:
            results = [_result(run, expression) for expression in self._expressions]
        except policies.OutOfBudget as error:
            return self._failed(str(error))
        without = seen.variables(param, authorizer=False)
        decisions = self._decided(results, policies.Evaluation(self._composed, without, run.left))
        try:
            return Verdict(decisions, self._annotated(policies.Evaluation(self._composed, without)))
        except policies.OutOfBudget as error:
            return self._failed(str(error))

    def _failed(self, why: str) -> Verdict:
        return Verdict() if self._fails_open else Verdict([Decision(why)])

    def _decided(self, results: Sequence[Any], run: policies.Evaluation) -> list[Decision]:
        texts, failure = self._told(run)
        found: list[Decision] = []
        for check, result, text in zip(self._checks, results, texts, strict=True):
            if isinstance(result, policies.Failed):
                why = str(result)
            elif failure:
                why = f"failed messageExpression: {failure}"
            elif result is True:
                continue
            else:
                message = text or (check.get("message") or "").strip()
                message = message or f"failed expression: {check['expression'].strip()}"
                found.append(Decision(message, check.get("reason") or INVALID))
                continue
            if not self._fails_open:
                found.append(Decision(why))
        return found

    def _told(self, run: policies.Evaluation) -> tuple[list[str], str]:
        """What the message expressions give, empty where that cannot be told; and why all are void, if they are."""
        texts: list[str] = []
        for expression in self._messages:
            try:
                value = None if expression is None else run.value(expression)
            except policies.OutOfBudget as error:
                return [""] * len(self._messages), str(error)
            except policies.Failed:
                value = None
            text = value.strip() if isinstance(value, str) else ""
            is_fit = len(text.encode()) <= environments.LONGEST_MESSAGE and "\n" not in text
            texts.append(text if is_fit else "")
        return texts, ""

    def _annotated(self, run: policies.Evaluation) -> list[Decision]:
        """Nobody keeps the values, since there is no audit log; one that cannot be had refuses the write."""
        found: list[Decision] = []
        for expression in self._notes:
            result = None if expression is None else _result(run, expression)
            if isinstance(result, policies.Failed) and not self._fails_open:
                found.append(Decision(str(result)))
        return found


def _result(run: policies.Evaluation, expression: Expression) -> Any:
    """A value, or the Failed of having none.  Raises OutOfBudget."""
    try:
        return run.value(expression)
    except policies.OutOfBudget:
        raise
    except policies.Failed as error:
        return error


def composition(spec: Any, *, params: bool) -> policies.Composition:
    """The variables of a policy; those that do not compile fail when they are read."""
    composed = policies.Composition(params=params)
    for variable in spec.get("variables") or ():
        with contextlib.suppress(compiling.Refused):
            composed.add(variable["name"], variable["expression"])
    return composed


def compiled(
    composed: policies.Composition, text: str, *results: types.Type, authorizer: bool = True, patches: bool = False
) -> Expression:
    """What compiles, or why it does not."""
    try:
        return composed.compile(text, *results, authorizer=authorizer, patches=patches)
    except compiling.Refused as error:
        return error
