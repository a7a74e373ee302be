"""Archives of images from files given as values: what `docker save` writes, as bytes.  Pure but for `names`.

One layer, no time stamps, sorted: the same files give the same bytes and so the same digest.  Made for test
images, for the pause image and for `steersman image`; containerd, Docker and skopeo read it.
"""

import dataclasses
import hashlib
import io
import json
import pathlib
import tarfile
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A file of an image.  `link` makes it a symbolic link, `directory` an empty directory."""

    content: bytes = b""
    mode: int = 0o644
    link: str = ""
    directory: bool = False
    uid: int = 0
    gid: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Image:
    files: Mapping[str, File]
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    env: Sequence[str] = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
    working_dir: str = ""
    user: str = ""
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    volumes: Sequence[str] = ()
    stop_signal: str = ""
    architecture: str = "amd64"


def build(image: Image, tags: Sequence[str]) -> bytes:
    """A `docker save` archive that holds one image under `tags` (whole names with a tag)."""
    layer = _tar(image.files)
    config = _config(image, "sha256:" + hashlib.sha256(layer).hexdigest())
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": list(tags), "Layers": ["layer.tar"]}]
    return _tar(
        {
            config_name: File(config),
            "layer.tar": File(layer),
            "manifest.json": File(json.dumps(manifest, separators=(",", ":")).encode()),
        }
    )


def names(path: pathlib.Path) -> list[str]:
    """The names of the images in a `docker save` archive or OCI layout; raises ValueError where it is neither."""
    try:
        with tarfile.open(path) as tar:
            members = set(tar.getnames())
            if "manifest.json" in members:
                manifest = json.load(tar.extractfile("manifest.json") or io.BytesIO())
                return [str(tag) for entry in manifest for tag in entry.get("RepoTags") or ()]
            if "index.json" in members:
                index = json.load(tar.extractfile("index.json") or io.BytesIO())
                annotations = [entry.get("annotations") or {} for entry in index.get("manifests", ())]
                keys = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
                found = (next((a[key] for key in keys if key in a), "") for a in annotations)
                return [str(name) for name in found if name]
    except tarfile.TarError as error:
        raise ValueError(f"{path} is not an archive: {error}") from error
    raise ValueError(f"{path} holds neither manifest.json nor index.json: not an image archive")


def _config(image: Image, diff_id: str) -> bytes:
    settings: dict[str, object] = {"Env": list(image.env)}
    if image.entrypoint:
        settings["Entrypoint"] = list(image.entrypoint)
    if image.command:
        settings["Cmd"] = list(image.command)
    if image.working_dir:
        settings["WorkingDir"] = image.working_dir
    if image.user:
        settings["User"] = image.user
    if image.labels:
        settings["Labels"] = dict(image.labels)
    if image.volumes:
        settings["Volumes"] = {volume: {} for volume in image.volumes}
    if image.stop_signal:
        settings["StopSignal"] = image.stop_signal
    tree = {
        "architecture": image.architecture,
        "os": "linux",
        "config": settings,
        "created": "1970-01-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "steersman"}],
    }
    return json.dumps(tree, separators=(",", ":")).encode()


def _tar(files: Mapping[str, File]) -> bytes:
    """The files and every directory above them, sorted."""
    every = {name.strip("/"): file for name, file in files.items()}
    for name in list(every):
        for parent in pathlib.PurePosixPath(name).parents:
            if str(parent) != ".":
                every.setdefault(str(parent), File(directory=True, mode=0o755))
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, file in sorted(every.items()):
            entry = tarfile.TarInfo(name)
            entry.mode, entry.uid, entry.gid = file.mode, file.uid, file.gid
            if file.directory:
                entry.type = tarfile.DIRTYPE
            elif file.link:
                entry.type, entry.linkname = tarfile.SYMTYPE, file.link
            else:
                entry.size = len(file.content)
            tar.addfile(entry, io.BytesIO(file.content) if entry.isreg() else None)
    return target.getvalue()
