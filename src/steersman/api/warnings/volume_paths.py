"""Files of one volume that would lie on or in each other.

ConfigMaps, Secrets, the downward API and projected volumes put files under paths that the pod chooses.  Two of
one path, or one that is a folder of another, cannot both be there, and which of them wins is nobody's promise.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from steersman.api import field
from steersman.api.tree import Tree

File = tuple[str, str]
"""The path, and what it comes from where that is worth saying."""

_SOURCES = ("configMap", "secret", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate")
_CERTIFICATES = (
    ("certificateChainPath", "PodCertificate chain"),
    ("keyPath", "PodCertificate key"),
    ("credentialBundlePath", "PodCertificate credential bundle"),
)


def volume(of: Tree) -> list[str]:
    """Of one volume of a pod."""
    if _apart(of):
        return []
    name = field.quoted(of.get("name") or "")
    found: list[str] = []
    for source, title in (("configMap", "ConfigMap"), ("secret", "Secret"), ("downwardAPI", "DownwardAPI")):
        given = of.get(source)
        if given and given.get("items"):
            called = given.get("secretName" if source == "secret" else "name") or ""
            what = title if source == "downwardAPI" else f"{title} {field.quoted(called)}"
            found += _told(f"volume {name} ({what})", [(path, "") for path in _paths(given)])
    projected = of.get("projected")
    if projected:
        found += _projected(name, projected.get("sources") or ())
    return found


def _apart(of: Tree) -> bool:
    """Whether it is plain at a glance that nothing clashes: no two files begin with the same name.

    The volume of the service account's token, which nearly every pod has, is one of these.
    """
    projected = of.get("projected")
    first: list[str] = []
    for source in (projected.get("sources") or ()) if projected else (of,):
        before = len(first)
        for kind in _SOURCES[:3]:
            given = source.get(kind)
            if given:
                first += [(item.get("path") or "").partition("/")[0] for item in given.get("items") or ()]
        token = source.get("serviceAccountToken")
        if token is not None:
            first.append((token.get("path") or "").partition("/")[0])
        if projected and (not source or len(first) != before + len(source)):
            return False  # more than one file of a source, or none, or of another kind: look closely
    return len(set(first)) == len(first)


def _projected(name: str, sources: Iterable[Tree]) -> list[str]:
    found: list[str] = []
    files: list[File] = []
    for source in sources:
        if not any(source.get(kind) is not None for kind in _SOURCES):
            found.append(f"volume {name} (Projected) has no sources provided")
        else:
            found += _told(f"volume {name} (Projected)", _files(source), files)
    return found


def _files(source: Tree) -> Sequence[File]:
    """What a source of a projected volume brings."""
    get: Any = source.get
    for kind, title in (("configMap", "ConfigMap"), ("secret", "Secret")):
        if get(kind) and get(kind).get("items"):
            return [(path, f"{title} {field.quoted(get(kind).get('name') or '')}") for path in _paths(get(kind))]
    if get("downwardAPI") and get("downwardAPI").get("items"):
        return [(path, "DownwardAPI") for path in _paths(get("downwardAPI"))]
    if get("serviceAccountToken") is not None:
        return [(get("serviceAccountToken").get("path") or "", "ServiceAccountToken")]
    bundle = get("clusterTrustBundle")
    if bundle is not None:
        called = bundle.get("name") or bundle.get("signerName") or ""
        return [(bundle.get("path") or "", f"ClusterTrustBundle {field.quoted(called)}")]
    certificate = get("podCertificate") or {}
    return [(certificate[key], title) for key, title in _CERTIFICATES if certificate.get(key)]


def _paths(source: Tree) -> list[str]:
    return [item.get("path") or "" for item in source["items"]]


def _told(where: str, files: Iterable[File], before: list[File] | None = None) -> list[str]:
    """A warning for each pair that clashes; `before` is what the volume has already, and gets the new ones."""
    known = [] if before is None else before
    found = []
    for path, origin in files:
        each = (path.rstrip("/"), origin)
        found += [f"{where}: overlapping paths: {_shown(each)} with {_shown(other)}" for other in _over(known, each)]
        known.append(each)
    return found


def _over(known: Iterable[File], each: File) -> list[File]:
    path = each[0] + "/"
    return [
        other for other in known
        if each[0] and other[0] and (path.startswith(other[0] + "/") or (other[0] + "/").startswith(path))
    ]  # fmt: skip


def _shown(each: File) -> str:
    path, origin = each
    return f"{field.quoted(path)} ({origin})" if origin else field.quoted(path)
