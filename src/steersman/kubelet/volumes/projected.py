"""`projected`: several sources in one folder; what every pod's `kube-api-access-...` is."""

from steersman.api.tree import Tree
from steersman.client import errors
from steersman.kubelet.volumes import atomic, configmap, disk, downward, keys
from steersman.kubelet.volumes.base import Asked, MountFault, Surroundings
from steersman.kubelet.volumes.tokens import TokenFault, Tokens


class Projected:
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def prepare(self, around: Surroundings, asked: Asked) -> str:
        source = asked.volume["projected"]
        given = source.get("defaultMode")
        mode = 0o644 if given is None else int(given)
        shown: dict[str, tuple[bytes, int]] = {}
        for one in source.get("sources") or ():
            shown |= await self._source(around, asked, one, mode)
        base = asked.directory(around.config, "projected")
        try:
            if around.root:
                disk.ensure_memory(base)
            atomic.write(base, shown, around.clock.now(), asked.fs_group if around.root else None)
        except (atomic.BadPath, OSError) as error:
            raise MountFault(str(error)) from error
        return str(base)

    async def _source(self, around: Surroundings, asked: Asked, one: Tree, mode: int) -> dict[str, tuple[bytes, int]]:
        for field, kind in (("configMap", "configmaps"), ("secret", "secrets")):
            inner = one.get(field)
            if inner is None:
                continue
            optional = bool(inner.get("optional"))
            found = await configmap.fetch(around, asked, kind, inner.get("name", ""), optional=optional)
            return keys.files(kind, keys.content(kind, found), inner, mode) if found is not None else {}
        if one.get("downwardAPI"):
            return downward.payload(asked, one["downwardAPI"].get("items") or (), mode)
        if one.get("serviceAccountToken"):
            wanted = one["serviceAccountToken"]
            audience = wanted.get("audience")
            seconds = int(wanted.get("expirationSeconds") or 3600)
            try:
                token = await self._tokens.get(asked.pod, [audience] if audience else [], seconds)
            except TokenFault as error:
                raise MountFault(str(error)) from error
            return {wanted["path"]: (token.encode(), mode)}
        if one.get("clusterTrustBundle"):
            return await _bundle(around, one["clusterTrustBundle"], mode)
        return {}


async def _bundle(around: Surroundings, wanted: Tree, mode: int) -> dict[str, tuple[bytes, int]]:
    name = wanted.get("name")
    if not name:
        raise MountFault("a clusterTrustBundle source without a name is not supported")
    try:
        found = await around.client.get("clustertrustbundles.certificates.k8s.io", name)
    except (errors.ApiError, ConnectionError, LookupError) as error:
        if wanted.get("optional"):
            return {wanted["path"]: (b"", mode)}
        raise MountFault(f'clustertrustbundle "{name}" not found') from error
    return {wanted["path"]: (str(found["spec"].get("trustBundle") or "").encode(), mode)}
