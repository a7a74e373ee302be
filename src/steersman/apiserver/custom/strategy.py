"""What happens before a custom resource is created and updated: generation, status, validation."""

from collections.abc import Sequence
from typing import Any

from steersman.api import field, meta, status
from steersman.api.tree import MutableTree, Tree
from steersman.api.validation.customresources import extras, values
from steersman.apiserver.custom import jsonpath, rules
from steersman.apiserver.custom.definition import CustomResource, Version
from steersman.apiserver.registry.strategy import Context, Strategy

_MOST_REPLICAS = 2**31 - 1


class CustomStrategy(Strategy):
    generation = True
    unconditional_update = False
    status_keeps_metadata = True
    any_finalizer = True

    def __init__(self, resource: CustomResource) -> None:
        super().__init__(resource)
        self.version: Version = resource.served

    def is_laborious(self, new: Tree, subresource: str = "") -> bool:
        """With the first object many rules are compiled."""
        return self.version.rules is not None and not self.version.rules.is_warm and rules.are_many(self.version.schema)

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        if self.version.is_terminating:
            name = (new.get("metadata") or {}).get("name") or ""
            text = "create not allowed while custom resource definition is terminating"
            raise status.forbidden(self.resource.plural, self.resource.group, name, text)
        super().prepare_create(new, context)

    def desired_changed(self, new: Tree, old: Tree) -> bool:
        """Without a sub-resource for it the status counts as desired, too."""
        return _content(new) != _content(old)

    def validate_create(self, new: Tree, context: Context) -> Sequence[field.FieldError]:
        return self._validate(new, None, context)

    def validate_update(self, new: Tree, old: Tree, context: Context) -> Sequence[field.FieldError]:
        return self._validate(new, old, context)

    def validate_status(self, new: Tree, old: Tree, context: Context) -> Sequence[field.FieldError]:
        """Of the schema only the part for the status counts."""
        schema = (self.version.schema.get("properties") or {}).get("status") or {}
        found: list[field.FieldError] = []
        if "status" in new:
            before = old.get("status", values.ABSENT)
            found = values.validate(new["status"], schema, old=before, within="status")
        return self._validated(found, new, old, context)

    def _validate(self, new: Tree, old: Tree | None, context: Context) -> list[field.FieldError]:
        schema = self.version.schema
        found = values.validate(new, schema, old=values.ABSENT if old is None else old)
        return self._validated(found, new, old, context)

    def _validated(
        self, found: list[field.FieldError], new: Tree, old: Tree | None, context: Context
    ) -> list[field.FieldError]:
        """What is wrong along the schema, and what else is."""
        schema = self.version.schema
        found += self._scale(new)
        found += extras.embedded(new, schema)
        doubles = extras.doubles(new, schema)
        if doubles and (old is None or not extras.doubles(old, schema)):
            found += doubles
        if self.version.rules is not None:
            found += rules.check(self.version.rules, new, old, found, context)
        if not found:
            context.warnings.extend(_finalizers(new, old))
        return found

    def _scale(self, new: Tree) -> list[field.FieldError]:
        """Replicas are whole numbers of 32 bits from 0, wherever the definition has them."""
        errors = []
        for name in ("specReplicasPath", "statusReplicasPath"):
            path = (self.version.scale or {}).get(name) or ""
            value = at_steps(new, jsonpath.steps(path)) if path else None
            place = field.Path(path)
            if value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool):
                kind = {bool: "bool", float: "float64", str: "string"}.get(type(value), "map[string]interface {}")
                text = f"{path} accessor error: {jsonpath.text(value)} is of the type {kind}, expected int64"
                errors.append(field.invalid(place, 0, text))
            elif value < 0:
                errors.append(field.invalid(place, value, "should be a non-negative integer"))
            elif value > _MOST_REPLICAS:
                errors.append(field.invalid(place, value, f"should be less than or equal to {_MOST_REPLICAS}"))
        return errors


def _finalizers(new: Tree, old: Tree | None) -> list[str]:
    """New finalizers that others may use, too."""
    before = ((old or {}).get("metadata") or {}).get("finalizers") or ()
    added = set((new.get("metadata") or {}).get("finalizers") or ()) - set(before)
    told = []
    for name in sorted(added):
        if "/" not in name and name not in meta.STANDARD_FINALIZERS:
            how = " including a path (/)" if "." in name else ""
            told.append(
                f"metadata.finalizers: {field.quoted(name)}: prefer a domain-qualified finalizer name{how} "
                "to avoid accidental conflicts with other finalizer writers"
            )
    return told


def at_steps(tree: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _content(tree: Tree) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if key not in ("kind", "apiVersion", "metadata")}
