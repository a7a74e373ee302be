"""A container's environment."""

from collections.abc import Sequence
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import fieldrefs, paths

_ONE_OF = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
_MANY = "may not have more than one field specified at a time"


def env(items: Sequence[Tree], at: str, e: Errors, volumes: Any) -> None:
    for index, variable in enumerate(items):
        name = variable.get("name") or ""
        if not name:
            e.required(f"{at}[{index}].name")
        else:
            e.named(f"{at}[{index}].name", name, names.relaxed_env_var_name)
        source = variable.get("valueFrom")
        if source is not None:
            _source(source, variable.get("value") or "", f"{at}[{index}].valueFrom", e, volumes)


def _source(source: Tree, value: str, at: str, e: Errors, volumes: Any) -> None:
    found = 0
    if source.get("fieldRef") is not None:
        found += 1
        fieldrefs.field_ref(source["fieldRef"], fieldrefs.IN_ENVIRONMENT, f"{at}.fieldRef", e)
    if source.get("resourceFieldRef") is not None:
        found += 1
        fieldrefs.resource_ref(source["resourceFieldRef"], f"{at}.resourceFieldRef", e)
    for field in ("configMapKeyRef", "secretKeyRef"):
        if source.get(field) is not None:
            found += 1
            _key(source[field], f"{at}.{field}", e)
    if source.get("fileKeyRef") is not None:
        found += 1
        _file_key(source["fileKeyRef"], f"{at}.fileKeyRef", e, volumes)
    if not found:
        e.invalid(at, "", _ONE_OF)
    elif value:
        e.invalid(at, "", "may not be specified when `value` is not empty")
    elif found > 1:
        e.invalid(at, "", _MANY)


def _key(tree: Any, at: str, e: Errors) -> None:
    e.named(f"{at}.name", tree.get("name") or "", names.dns1123_subdomain)
    if not tree.get("key"):
        e.required(f"{at}.key")
    else:
        e.named(f"{at}.key", tree["key"], names.config_key)


def _file_key(tree: Any, at: str, e: Errors, volumes: Any) -> None:
    if not tree.get("key"):
        e.required(f"{at}.key")
    else:
        e.named(f"{at}.key", tree["key"], names.relaxed_env_var_name)
    name = tree.get("volumeName") or ""
    if not name:
        e.required(f"{at}.volumeName")
    elif name not in volumes:
        e.not_found(f"{at}.volumeName", name)
    elif "emptyDir" not in volumes[name]:
        e.invalid(f"{at}.volumeName", name, "referenced volume must be of type emptyDir")
    if not tree.get("path"):
        e.required(f"{at}.path")
    else:
        paths.not_reserved(tree["path"], f"{at}.path", e)


def env_from(items: Sequence[Tree], at: str, e: Errors) -> None:
    for index, source in enumerate(items):
        if source.get("prefix"):
            e.named(f"{at}[{index}].prefix", source["prefix"], names.relaxed_env_var_name)
        found = 0
        for field in ("configMapRef", "secretRef"):
            each = source.get(field)
            if each is not None:
                found += 1
                if not each.get("name"):
                    e.required(f"{at}[{index}].{field}.name")
                else:
                    name = each["name"]
                    for text in names.dns1123_subdomain(names.masked_suffix(name)):
                        e.invalid(f"{at}[{index}].{field}.name", name, text)
        if not found:
            e.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`")
        elif found > 1:
            e.invalid(at, "", _MANY)
