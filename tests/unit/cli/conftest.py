"""The command line called as a function, in a home of its own."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from steersman.cli import main


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's home without a kubeconfig or a cluster."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("KUBECONFIG", "STEERSMAN_DATA_DIR", "STEERSMAN_DEBUG", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def run(home: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def call(*arguments: object) -> Done:
        capfd.readouterr()
        code = main.run([str(word) for word in arguments])
        said = capfd.readouterr()
        return Done(code, said.out, said.err)

    return call
