"""Archives of images made from values."""

import io
import json
import pathlib
import tarfile

import pytest

from steersman.cri import archive
from steersman.cri.archive import File, Image


def members(data: bytes) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {}
        for entry in tar:
            file = tar.extractfile(entry)
            found[entry.name] = (entry, file.read() if file is not None else b"")
        return found


def test_an_archive_holds_the_layer_its_configuration_and_a_manifest() -> None:
    image = Image({"bin/sh": File(b"#!", 0o755), "tmp": File(directory=True, mode=0o1777)}, command=["sh"], user="1")
    outer = members(archive.build(image, ["example.com/a:1"]))
    (manifest,) = json.loads(outer["manifest.json"][1])
    assert manifest["RepoTags"] == ["example.com/a:1"]
    config = json.loads(outer[manifest["Config"]][1])
    assert config["config"]["Cmd"] == ["sh"]
    assert config["config"]["User"] == "1"
    layer = members(outer["layer.tar"][1])
    assert layer["bin"][0].isdir()  # parents are made
    assert layer["bin/sh"][0].mode == 0o755
    assert layer["tmp"][0].mode == 0o1777


def test_the_same_files_give_the_same_bytes() -> None:
    files = {"b": File(b"2"), "a": File(b"1")}
    assert archive.build(Image(files), ["x:1"]) == archive.build(Image(dict(reversed(files.items()))), ["x:1"])


def test_names_are_read_from_both_kinds(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(archive.build(Image({}), ["x:1", "y:2"]))
    assert archive.names(path) == ["x:1", "y:2"]
    index = {"manifests": [{"annotations": {"io.containerd.image.name": "docker.io/library/z:3"}}, {}]}
    with tarfile.open(path, "w") as tar:
        data = json.dumps(index).encode()
        entry = tarfile.TarInfo("index.json")
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    assert archive.names(path) == ["docker.io/library/z:3"]


def test_what_is_no_image_archive_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="is not an archive"):
        archive.names(path)
    with tarfile.open(path, "w"):
        pass
    with pytest.raises(ValueError, match="neither"):
        archive.names(path)
