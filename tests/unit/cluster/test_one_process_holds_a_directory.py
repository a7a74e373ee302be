"""The data directory: one holder at a time, and a layout that is known."""

import os
from pathlib import Path

import pytest

from steersman.cluster.datadir import VERSION, DataDir, DataDirError


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "cluster")
    made.prepare()
    return made


def test_a_second_holder_is_told_who_has_it(data: DataDir) -> None:
    with data.held(), pytest.raises(DataDirError, match=f"process {os.getpid()} already runs"), data.held():
        pass
    with data.held():
        pass


def test_an_error_inside_lets_go(data: DataDir) -> None:
    with pytest.raises(KeyError), data.held():
        raise KeyError
    with data.held():
        pass


def test_the_name_on_the_machine_depends_on_the_place_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert DataDir(tmp_path / "a").id == DataDir(tmp_path / "link").id
    assert DataDir(tmp_path / "a").id != DataDir(tmp_path / "b").id
    assert len(DataDir(tmp_path).id) == 8


def test_a_layout_of_tomorrow_is_refused(data: DataDir) -> None:
    (data.root / "version").write_text(f"{VERSION + 1}\n")
    with pytest.raises(DataDirError, match="newer Steersman"):
        data.prepare()


def test_a_directory_of_somebody_else_is_refused(data: DataDir) -> None:
    (data.root / "version").write_text("1.0.2-beta\n")
    with pytest.raises(DataDirError, match=r"is .* a Steersman directory"):
        data.prepare()


def test_preparing_twice_changes_nothing(data: DataDir) -> None:
    data.prepare()
    assert sorted(path.name for path in data.root.iterdir()) == ["version"]


def test_a_place_that_cannot_be_written_names_the_flag(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirError, match="use --data-dir DIR"):
        DataDir(tmp_path / "file" / "cluster").prepare()
