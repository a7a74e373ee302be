"""What is likely wrong with a validating policy's expressions, given the types that it is for.  Pure.

The API server takes `object` and `params` for anything; here they have the types that the policy's rules and its
`paramKind` name.  What does not fit is a warning, never a refusal.  Rules with wildcards name no type, and no more than
`MOST_TYPES` are looked at.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from steersman.api import resources, schema
from steersman.api.cel import compiling, declared, nodes, policies, requests, schemas
from steersman.api.tree import Tree
from steersman.cel import environment, types

MOST_TYPES = 10
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_PREFIX = "compilation failed: "


class Known(NamedTuple):
    root: types.Type
    provider: types.Provider


def warnings(policy: Tree, table: resources.Table, definitions: Sequence[Tree]) -> list[dict[str, str]]:
    """Entries of `status.typeChecking.expressionWarnings`, for what `table` and the definitions of custom resources
    serve."""
    spec = policy.get("spec") or {}
    compositions = [
        (f"{group}/{version}, Kind={kind}", _composition(spec, known, table, definitions))
        for group, version, kind in _kinds(spec, table, definitions)
        if (known := _known(resources.api_version(group, version), kind, kind, table, definitions)) is not None
    ]
    found: list[dict[str, str]] = []
    for index, check in enumerate(spec.get("validations") or ()):
        for field in ("expression", "messageExpression"):
            text = check.get(field)
            told = [_told(kind, composed, text) for kind, composed in compositions] if text else []
            if any(told):
                found.append(
                    {
                        "fieldRef": f"spec.validations[{index}].{field}",
                        "warning": "\n".join(message for message in told if message),
                    }
                )
    return found


def _told(kind: str, composed: policies.Composition, text: str) -> str:
    try:
        composed.compile(text)
    except compiling.Refused as error:
        return f"{kind}: {str(error).removeprefix(_PREFIX)}\n"
    return ""


def _composition(spec: Any, known: Known, table: resources.Table, definitions: Sequence[Tree]) -> policies.Composition:
    variables = {requests.OBJECT: known.root, requests.OLD_OBJECT: known.root}
    providers = [known.provider, requests.TYPES]
    kind = spec.get("paramKind")
    params = None
    if kind is not None:
        params = _known(
            str(kind.get("apiVersion")), str(kind.get("kind")), f"params.{kind['kind']}", table, definitions
        )
    if params is not None:
        variables[requests.PARAMS] = params.root
        providers.append(params.provider)
    base: environment.Environment = requests.environment(params=False)
    typed = base.extended(variables=variables, provider=declared.Together(*providers))
    composed = policies.Composition(params=params is not None, base=typed)
    for variable in spec.get("variables") or ():
        try:
            composed.add(variable["name"], variable["expression"])
        except compiling.Refused:
            continue  # of no certain type; the API server refuses what can never be compiled
    return composed


def _kinds(spec: Any, table: resources.Table, definitions: Sequence[Tree]) -> list[tuple[str, str, str]]:
    """Group, version and kind of what the rules name, in order."""
    found: set[tuple[str, str, str]] = set()
    for rule in (spec.get("matchConstraints") or {}).get("resourceRules") or ():
        groups, versions = sorted(rule.get("apiGroups") or ()), sorted(rule.get("apiVersions") or ())
        if any("*" in each for each in (*groups, *versions)):
            continue
        plurals = sorted(each for each in rule.get("resources") or () if not set(each) & {"*", "/"})
        count = 0
        for group in groups:
            for version in versions:
                for plural in plurals:
                    kind = _kind(group, version, plural, table, definitions)
                    if kind:
                        found.add((group, version, kind))
                        count += 1
                    if count == MOST_TYPES:
                        return sorted(found)
    return sorted(found)


def _kind(group: str, version: str, plural: str, table: resources.Table, definitions: Sequence[Tree]) -> str:
    resource = table.find(group, version, plural)
    if resource is not None:
        return resource.kind
    for definition in definitions:
        spec = definition["spec"]
        if (spec["group"], spec["names"]["plural"]) == (group, plural) and _version(definition, version) is not None:
            return str(spec["names"]["kind"])
    return ""


def _version(definition: Tree, name: str) -> Tree | None:
    """A version that is served."""
    served = (each for each in definition["spec"]["versions"] if each["name"] == name and each.get("served"))
    return next(served, None)


def _known(api_version: str, kind: str, name: str, table: resources.Table, definitions: Sequence[Tree]) -> Known | None:
    resource = table.by_kind(api_version, kind)
    if resource is not None:
        try:
            known = nodes.NodeTypes(schema.node_of(resource), name)
        except schema.SchemaMissing:
            return None
        return Known(known.root, known)
    group, version = resources.split(api_version)
    for definition in definitions:
        spec = definition["spec"]
        if (spec["group"], spec["names"]["kind"]) == (group, kind):
            found = _version(definition, version)
            return None if found is None else _custom(found, name)
    return None


def _custom(version: Tree, name: str) -> Known | None:
    """The type of a custom resource: that of its schema, with the metadata that all objects have."""
    declaration = schemas.declare((version.get("schema") or {}).get("openAPIV3Schema"), is_root=True)
    if declaration is None:
        return None
    known = schemas.Types(declaration, name, keywords=True)
    metadata = nodes.NodeTypes(schema.definition(_META), f"{name}.metadata")
    return Known(known.root, declared.Together(_WithMetadata(name, known, metadata), metadata))


class _WithMetadata:
    def __init__(self, root: str, known: schemas.Types, metadata: nodes.NodeTypes) -> None:
        self._root = root
        self._known = known
        self._metadata = metadata

    def find(self, name: str) -> types.Type | None:
        return None if self._metadata.find(name) is not None else self._known.find(name)

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        if (type_name, field) == (self._root, "metadata"):
            return types.FieldType(self._metadata.root, field)
        return self._known.field(type_name, field)

    def fields(self, type_name: str) -> tuple[str, ...]:
        return self._known.fields(type_name)
