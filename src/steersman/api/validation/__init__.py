"""What an object must be, kind by kind.

`create` checks a new object and `update` what becomes of an old one; both return what is wrong, in the
reference's words and in its order.  What every kind's metadata must be is `api.meta`; what depends on other
objects (allocated addresses, owners, quotas) is the registry's and admission's.

Trees have gone through codec and defaults, so types are right and zero values absent.  One function a kind,
found in `TABLE` by group and kind; the first is for a new object, the second for an update.
"""

from collections.abc import Callable

from steersman.api.field import FieldError
from steersman.api.resources import Resource
from steersman.api.tree import Tree
from steersman.api.validation import subresources
from steersman.api.validation.errors import Errors
from steersman.api.validation.table import TABLE

Create = Callable[[Tree, Errors], None]
Update = Callable[[Tree, Tree, Errors], None]


def create(resource: Resource, tree: Tree) -> list[FieldError]:
    rules = TABLE.get((resource.group, resource.kind))
    if rules is None or resource.custom:
        return []
    errors = Errors()
    rules[0](tree, errors)
    return errors.found


def update(resource: Resource, new: Tree, old: Tree) -> list[FieldError]:
    rules = TABLE.get((resource.group, resource.kind))
    if rules is None or resource.custom:
        return []
    errors = Errors()
    rules[1](new, old, errors)
    return errors.found


def update_subresource(resource: Resource, name: str, new: Tree, old: Tree) -> list[FieldError]:
    """What is wrong with a write to `status`, `ephemeralcontainers` and the like."""
    rules = subresources.TABLE.get((resource.group, resource.kind, name))
    if rules is None or resource.custom:
        return []
    errors = Errors()
    rules(new, old, errors)
    return errors.found
