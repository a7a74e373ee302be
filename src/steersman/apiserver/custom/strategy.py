"""What happens before a custom resource is created and updated: generation, status, validation."""

from collections.abc import Sequence
from typing import Any

from steersman.api import field, status
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.custom import checking, jsonpath, rules
from steersman.apiserver.custom.definition import CustomResource, Version
from steersman.apiserver.registry.strategy import Context, Strategy


class CustomStrategy(Strategy):
    generation = True
    unconditional_update = False
    status_keeps_metadata = True

    def __init__(self, resource: CustomResource) -> None:
        super().__init__(resource)
        self.version: Version = resource.served

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        if self.version.is_terminating:
            text = "create not allowed while custom resource definition is terminating"
            details = {"group": self.resource.group, "kind": self.resource.plural}
            raise status.failure(405, "MethodNotAllowed", text, details)
        super().prepare_create(new, context)

    def desired_changed(self, new: Tree, old: Tree) -> bool:
        """Without a sub-resource for it the status counts as desired, too."""
        return _content(new) != _content(old)

    def validate_create(self, new: Tree, context: Context) -> Sequence[field.FieldError]:
        return self._validate(new, None)

    def validate_update(self, new: Tree, old: Tree, context: Context) -> Sequence[field.FieldError]:
        return self._validate(new, old)

    def validate_status(self, new: Tree, old: Tree, context: Context) -> Sequence[field.FieldError]:
        return self._validate(new, old)

    def _validate(self, new: Tree, old: Tree | None) -> list[field.FieldError]:
        schema = self.version.schema
        found = checking.validate(new, schema)
        if old is not None and found:
            # What was wrong before and did not change is let through.
            before = set(map(str, checking.validate(old, schema)))
            found = [error for error in found if not (str(error) in before and _same(new, old, error.field))]
        found += checking.embedded(new, schema)
        found += checking.lists(new, schema)
        found += self._scale(new)
        if self.version.has_rules:
            found += rules.check(new, old, found)
        return found

    def _scale(self, new: Tree) -> list[field.FieldError]:
        errors = []
        for name in ("specReplicasPath", "statusReplicasPath"):
            steps = jsonpath.steps((self.version.scale or {}).get(name) or "")
            value = at_steps(new, steps) if steps else None
            if isinstance(value, int) and value < 0:
                errors.append(field.invalid(field.Path(".".join(steps)), value, "should be a non-negative integer"))
        return errors


def at_steps(tree: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _same(new: Tree, old: Tree, path: str) -> bool:
    """Whether the value at a path is the same in both; paths through lists count as changed."""
    if "[" in path or path == checking.NOWHERE:
        return _content(new) == _content(old)
    steps = path.split(".")
    return bool(at_steps(new, steps) == at_steps(old, steps))


def _content(tree: Tree) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if key not in ("kind", "apiVersion", "metadata")}
