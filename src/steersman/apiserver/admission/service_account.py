"""ServiceAccount: every pod runs as some account, and holds a token of it.

On creation a pod gets the account `default`, the account's pull secrets, and in every container the volume
`kube-api-access-xxxxx`: a token, the cluster's certificate, and the name of its namespace.

A namespace's `default` account is made by a controller a moment after the namespace; a pod that comes in
between waits for it, up to a second and a half, instead of being refused.
"""

from typing import Any

from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.access import node, reading
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin

DEFAULT = "default"
VOLUME = "kube-api-access"
MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
MIRROR = node.MIRROR
ENFORCE_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"
LIFETIME = 3607
"""An hour and a mark: by these seven seconds the token request knows an automatic volume's token."""
TRIES = 30
PAUSE = 0.05


class ServiceAccount(Plugin):
    name = "ServiceAccount"
    resources = frozenset({"pods"})
    subresources = frozenset({"", "ephemeralcontainers"})

    async def mutate(self, a: Attributes) -> None:
        if a.operation is not Operation.CREATE or a.subresource:
            return
        if is_mirror(a.new):
            _check_mirror(a)
            return
        spec: MutableTree = dict(a.at("spec", default={}))
        name = spec.get("serviceAccountName") or DEFAULT
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        account = await self._account(a, name)
        if _automounts(account, a.new):
            self._mount(spec)
        if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
            spec["imagePullSecrets"] = [{"name": each.get("name", "")} for each in account["imagePullSecrets"]]
        a.put(spec, "spec")

    async def validate(self, a: Attributes) -> None:
        if a.operation is Operation.UPDATE and not a.subresource:
            return
        if is_mirror(a.new):
            _check_mirror(a)
            return
        name = a.at("spec", "serviceAccountName", default="")
        if not name:
            raise a.forbidden(f"no service account specified for pod {a.namespace}/{a.name}")
        account = await self._account(a, name)
        if at(account, "metadata", "annotations", default={}).get(ENFORCE_MOUNTABLE) in _TRUE:
            _check_mountable(a, account, name)

    async def _account(self, a: Attributes, name: str) -> Tree:
        for attempt in range(TRIES if name == DEFAULT else 1):
            if attempt:
                await self.context.clock.sleep(PAUSE)
            found = self.reader.get(reading.SERVICE_ACCOUNTS, a.namespace, name)
            if found is not None:
                return found
        raise a.forbidden(f'error looking up service account {a.namespace}/{name}: serviceaccount "{name}" not found')

    def _mount(self, spec: MutableTree) -> None:
        volumes = spec.get("volumes") or []
        present = next((v["name"] for v in volumes if v.get("name", "").startswith(f"{VOLUME}-")), None)
        name = present or f"{VOLUME}-{self.context.entropy.suffix()}"
        needed = False
        for kind in ("initContainers", "containers"):
            containers = spec.get(kind) or []
            mounted = [_mounted(container, name) for container in containers]
            if any(new is not old for new, old in zip(mounted, containers, strict=True)):
                needed = True
                spec[kind] = mounted
        if needed and present is None:
            spec["volumes"] = [*volumes, {"name": name, "projected": self._projected()}]

    def _projected(self) -> MutableTree:
        sources: list[MutableTree] = [
            {"serviceAccountToken": {"expirationSeconds": LIFETIME, "path": "token"}},
            _config_map("kube-root-ca.crt", "ca.crt"),
            {
                "downwardAPI": {
                    "items": [
                        {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
                    ]
                }
            },
        ]
        if self.context.config.service_ca:
            sources.append(_config_map(self.context.config.service_ca, "service-ca.crt"))
        return {"sources": sources, "defaultMode": 0o644}


_TRUE = ("1", "t", "T", "true", "TRUE", "True")


def _config_map(name: str, key: str) -> MutableTree:
    return {"configMap": {"name": name, "items": [{"key": key, "path": key}]}}


def is_mirror(pod: Tree) -> bool:
    """The API's picture of a pod that its node runs from a file."""
    return MIRROR in at(pod, "metadata", "annotations", default={})


def _automounts(account: Tree, pod: Tree) -> bool:
    chosen: Any = at(pod, "spec", "automountServiceAccountToken")
    if chosen is None:
        chosen = account.get("automountServiceAccountToken")
    return chosen is None or bool(chosen)


def _mounted(container: Tree, volume: str) -> Tree:
    """The container with the volume, or itself where something else is mounted there."""
    mounts = container.get("volumeMounts") or []
    if any(mount.get("mountPath") == MOUNT_PATH for mount in mounts):
        return container
    return {**container, "volumeMounts": [*mounts, {"name": volume, "readOnly": True, "mountPath": MOUNT_PATH}]}


def _check_mirror(a: Attributes) -> None:
    if a.at("spec", "serviceAccountName"):
        raise a.forbidden("a mirror pod may not reference service accounts")
    if any(resource == reading.SECRETS for resource, _ in node.references(a.new)):
        raise a.forbidden("a mirror pod may not reference secrets")
    for volume in a.at("spec", "volumes", default=[]):
        if any(source.get("serviceAccountToken") for source in at(volume, "projected", "sources", default=[])):
            raise a.forbidden("a mirror pod may not use ServiceAccountToken volume projections")


def _check_mountable(a: Attributes, account: Tree, name: str) -> None:
    """An account that asks for it: its pods refer to the secrets that it lists, and no others."""
    allowed = {each.get("name") for each in account.get("secrets") or ()}
    refers = f"is not allowed because service account {name} does not reference that secret"
    kinds: tuple[tuple[str, str], ...]
    if a.subresource == "ephemeralcontainers":
        kinds = (("ephemeralContainers", "ephemeral container"),)
    else:
        kinds = (("initContainers", "init container"), ("containers", "container"))
        for volume in a.at("spec", "volumes", default=[]):
            secret = at(volume, "secret", "secretName")
            if secret and secret not in allowed:
                raise a.forbidden(f'volume with secret.secretName="{secret}" {refers}')
    for kind, label in kinds:
        for container in a.at("spec", kind, default=[]):
            where = f"{label} {container.get('name', '')}"
            for variable in container.get("env") or ():
                secret = at(variable, "valueFrom", "secretKeyRef", "name")
                if secret and secret not in allowed:
                    raise a.forbidden(
                        f'{where} with envVar {variable.get("name", "")} referencing secret.secretName="{secret}" '
                        f"{refers}"
                    )
            for source in container.get("envFrom") or ():
                secret = at(source, "secretRef", "name")
                if secret and secret not in allowed:
                    raise a.forbidden(f'{where} with envFrom referencing secret.secretName="{secret}" {refers}')
    pulled = {each.get("name") for each in account.get("imagePullSecrets") or ()}
    for index, each in enumerate(a.at("spec", "imagePullSecrets", default=[])):
        if each.get("name") not in pulled:
            raise a.forbidden(
                f'imagePullSecrets[{index}].name="{each.get("name", "")}" is not allowed because service account '
                f"{name} does not reference that imagePullSecret"
            )
