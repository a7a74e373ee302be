"""kubeconfig files: read one context of one, make one, put a context into a person's own.

A person's file holds things that we do not know: merging changes only the entries of our names, keeps
everything else as it was (comments excepted: YAML readers drop them), and replaces the file in one step, so
that no reader ever sees half of it.  Commands that fetch credentials (`exec`) are not run.
"""

import base64
import dataclasses
import os
import pathlib
import tempfile
from typing import Any

import yaml

from steersman.api.tree import MutableTree, Tree


class KubeconfigError(ValueError):
    """A file that cannot be used; the text says which and why, in one line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """How to reach a cluster, and as whom.  Certificates and keys are PEM."""

    server: str
    namespace: str = "default"
    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None
    token: str = ""
    insecure: bool = False
    server_name: str = ""


def make(
    name: str,
    server: str,
    *,
    ca: bytes,
    certificate: bytes | None = None,
    key: bytes | None = None,
    token: str = "",
    user: str = "",
) -> MutableTree:
    """A kubeconfig with one context."""
    user = user or f"{name}-admin"
    credentials: MutableTree = {}
    if certificate is not None and key is not None:
        credentials["client-certificate-data"] = base64.b64encode(certificate).decode()
        credentials["client-key-data"] = base64.b64encode(key).decode()
    if token:
        credentials["token"] = token
    cluster = {"certificate-authority-data": base64.b64encode(ca).decode(), "server": server}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
        "users": [{"name": user, "user": credentials}],
    }


def load(path: pathlib.Path, context: str = "") -> Access:
    """The access that a file's context (or its current one) describes.  Raises KubeconfigError."""
    tree = read(path)
    return resolve(tree, context, folder=path.parent, where=str(path))


def read(path: pathlib.Path) -> MutableTree:
    """The file as a tree; an absent one is empty.  Raises KubeconfigError."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KubeconfigError(f"cannot read {path}: {error.strerror}") from error
    try:
        tree = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  the safe loader in C
    except yaml.YAMLError as error:
        raise KubeconfigError(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise KubeconfigError(f"{path} is not a kubeconfig")
    return tree


def resolve(
    tree: Tree, context: str = "", *, folder: pathlib.Path = pathlib.Path(), where: str = "kubeconfig"
) -> Access:
    """As `load`, of a tree; relative file names in it begin at `folder`."""
    context = context or str(tree.get("current-context") or "")
    if not context:
        raise KubeconfigError(f"{where} names no current context")
    chosen = _named(tree, "contexts", context, "context", where)
    cluster = _named(tree, "clusters", str(chosen.get("cluster")), "cluster", where)
    user = _named(tree, "users", str(chosen.get("user")), "user", where) if chosen.get("user") else {}
    if user.get("exec") or user.get("auth-provider"):
        raise KubeconfigError(
            f"{where}: the user of context {context} needs a command to log in; that is not done here"
        )
    if not cluster.get("server"):
        raise KubeconfigError(f"{where}: the cluster of context {context} has no server")
    token = str(user.get("token") or "")
    if not token and user.get("tokenFile"):
        token = (_data(user, "token", folder, where, file_key="tokenFile") or b"").decode().strip()
    return Access(
        server=str(cluster["server"]),
        namespace=str(chosen.get("namespace") or "default"),
        ca=_data(cluster, "certificate-authority", folder, where),
        certificate=_data(user, "client-certificate", folder, where),
        key=_data(user, "client-key", folder, where),
        token=token,
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        server_name=str(cluster.get("tls-server-name") or ""),
    )


def _named(tree: Tree, section: str, name: str, what: str, where: str) -> Tree:
    for each in tree.get(section) or ():
        if each.get("name") == name:
            return each.get(what) or {}
    raise KubeconfigError(f"{where} has no {what} {name!r}")


def _data(tree: Tree, key: str, folder: pathlib.Path, where: str, *, file_key: str = "") -> bytes | None:
    inline = tree.get(f"{key}-data")
    if inline:
        try:
            return base64.b64decode(str(inline), validate=False)
        except ValueError as error:
            raise KubeconfigError(f"{where}: {key}-data is not base64") from error
    name = tree.get(file_key or key)
    if not name:
        return None
    path = folder / str(name)
    try:
        return path.read_bytes()
    except OSError as error:
        raise KubeconfigError(f"{where} names {path}, which cannot be read: {error.strerror}") from error


_SECTIONS = ("clusters", "contexts", "users")


def merged(mine: Tree, ours: Tree, *, current: bool = True) -> MutableTree:
    """`mine` with the entries of `ours` added, or replaced where the names are the same."""
    made: MutableTree = {"apiVersion": "v1", "kind": "Config", "preferences": {}, **mine}
    for section in _SECTIONS:
        added = list(ours.get(section) or ())
        names = {each["name"] for each in added}
        made[section] = [each for each in mine.get(section) or () if each.get("name") not in names] + added
    if current or not made.get("current-context"):
        made["current-context"] = ours["current-context"]
    return made


def without(mine: Tree, ours: Tree) -> MutableTree:
    """`mine` without the entries that `ours` names."""
    made: MutableTree = dict(mine)
    for section in _SECTIONS:
        names = {each["name"] for each in ours.get(section) or ()}
        made[section] = [each for each in mine.get(section) or () if each.get("name") not in names]
    if made.get("current-context") in {each["name"] for each in ours.get("contexts") or ()}:
        made["current-context"] = ""
    return made


def write(path: pathlib.Path, tree: Tree) -> None:
    """Replace a file in one step, readable by its owner only.  A link stays a link; its target is replaced."""
    target = pathlib.Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".kubeconfig-")
    try:
        with os.fdopen(handle, "w") as file:
            yaml.safe_dump(_plain(tree), file, sort_keys=False)
            file.flush()
            os.fsync(file.fileno())
        pathlib.Path(name).replace(target)
    except BaseException:
        pathlib.Path(name).unlink(missing_ok=True)
        raise


def default_path(variable: str | None) -> pathlib.Path:
    """A person's own file: the first that `$KUBECONFIG` (its value is given) names, or `~/.kube/config`."""
    for name in (variable or "").split(os.pathsep):
        if name:
            return pathlib.Path(name).expanduser()
    return pathlib.Path.home() / ".kube" / "config"


def renamed(tree: Tree, name: str) -> MutableTree:
    """The current context of a kubeconfig and what it needs, all called `name`."""
    access = {each["name"]: each for each in tree.get("contexts") or ()}
    chosen = access.get(tree.get("current-context"), {}).get("context") or {}
    cluster = _named(tree, "clusters", str(chosen.get("cluster")), "cluster", "kubeconfig")
    user = _named(tree, "users", str(chosen.get("user")), "user", "kubeconfig")
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": name, "context": {**chosen, "cluster": name, "user": name}}],
        "current-context": name,
        "users": [{"name": name, "user": user}],
    }


def merge(target: pathlib.Path, source: pathlib.Path, *, context: str) -> bool:
    """Put a cluster's kubeconfig into a person's own file as `context`; whether it is the current one then.

    Another current context stays current: nobody's next command must go to a cluster he did not mean.
    Raises KubeconfigError.
    """
    mine = read(target)
    ours = renamed(read(source), context)
    current = mine.get("current-context") in (None, "", context)
    write(target, merged(mine, ours, current=current))
    return current


def merge_into(path: pathlib.Path, ours: Tree, *, current: bool = True) -> None:
    """Put the entries of `ours` into a person's file.  Raises KubeconfigError."""
    write(path, merged(read(path), ours, current=current))


def remove_from(path: pathlib.Path, ours: Tree) -> None:
    """Take them out again; a file without them is left alone."""
    mine = read(path)
    if any(
        each.get("name") in {x["name"] for x in ours.get(section) or ()}
        for section in _SECTIONS
        for each in mine.get(section) or ()
    ):
        write(path, without(mine, ours))


def _plain(value: Any) -> Any:
    """Mappings and sequences of any kind as the dicts and lists that the YAML writer knows."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
