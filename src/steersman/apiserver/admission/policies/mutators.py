"""The expressions of a mutating policy, compiled, and what each of its mutations makes of an object.

Pure but for the authorizer's answers.  Imported when a policy is first met, as CEL comes with it.  Every mutation has
a budget and values of the variables of its own, and sees what those before it made.
"""

from collections.abc import Sequence
from typing import Any

from steersman.api import codec, status
from steersman.api.cel import compiling, conditions, policies
from steersman.api.patch import json_patch
from steersman.api.schema.node import Node
from steersman.api.tree import Tree
from steersman.apiserver.admission.policies import patches, validators
from steersman.apiserver.admission.policies.inputs import Input
from steersman.apiserver.admission.policies.patches import DoesNotApply
from steersman.apiserver.custom import definition as definitions
from steersman.cel import values

APPLY = "ApplyConfiguration"


class Mutator:
    def __init__(self, tree: Tree) -> None:
        spec = tree["spec"]
        params = spec.get("paramKind") is not None
        self._fails_open = spec.get("failurePolicy", "Fail") == "Ignore"
        texts = [condition["expression"].strip() for condition in spec.get("matchConditions") or ()]
        self._conditions = conditions.compiled(texts, params=params)
        self._composed = validators.composition(spec, params=params)
        self._mutations = [self._mutation(mutation) for mutation in spec.get("mutations") or ()]

    def __len__(self) -> int:
        return len(self._mutations)

    def holds(self, seen: Input, param: Tree | None) -> bool:
        """Whether the match conditions let the policy change the write.  Raises DoesNotApply."""
        if not self._conditions:
            return True
        variables = {**seen.variables(param), "namespaceObject": None}
        try:
            return conditions.hold(self._conditions, variables, fails_open=self._fails_open)
        except conditions.NotEvaluated as error:
            raise DoesNotApply(str(error)) from error

    def mutated(self, number: int, seen: Input, param: Tree | None, node: Node) -> Tree:
        """The object after one mutation.  Raises DoesNotApply; StatusError where it is no object of its type."""
        assert seen.new is not None
        kind, expression = self._mutations[number]
        if isinstance(expression, compiling.Refused):
            raise DoesNotApply(str(expression))
        try:
            value = policies.Evaluation(self._composed, seen.variables(param)).value(expression)
        except policies.Failed as error:
            raise DoesNotApply(str(error)) from error
        if kind == APPLY:
            return patches.configured(seen.new, _configuration(value), node)
        made = patches.patched(seen.new, _operations(value))
        if made is not seen.new and not isinstance(node, definitions.CustomNode):
            _check_fields(made, node)
        return made

    def _mutation(self, tree: Any) -> tuple[str, validators.Expression]:
        kind = str(tree["patchType"])
        field, result = ("applyConfiguration", policies.OBJECT) if kind == APPLY else ("jsonPatch", policies.PATCH)
        return kind, validators.compiled(
            self._composed, (tree.get(field) or {}).get("expression") or "", result, patches=True
        )


def _check_fields(tree: Tree, node: Node) -> None:
    """No patch makes fields that a built-in type does not have.  Raises StatusError."""
    try:
        problems = codec.accept(node, tree).problems
    except codec.DecodeError as error:
        raise status.internal(str(error)) from error
    if problems:
        raise status.internal(f"strict decoding error: {', '.join(problems)}")


def _configuration(value: Any) -> Tree:
    assert isinstance(value, values.Object)
    patches.check_names(value)
    made: Tree = patches.plain(value)
    return made


def _operations(value: Sequence[Any]) -> list[json_patch.Operation]:
    found = []
    for each in value:
        content = each.get("value")
        if isinstance(content, values.Object):
            patches.check_names(content)
        found.append(
            json_patch.Operation(each.get("op", ""), each.get("path", ""), each.get("from", ""), patches.plain(content))
        )
    return found
