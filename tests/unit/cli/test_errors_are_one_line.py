"""What went wrong is one line; the rest is in the log, or shown on request."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steersman.cli import main, output
from steersman.client import kubeconfig
from steersman.cluster import datadir, launch, server
from steersman.cluster.network import egress


@pytest.mark.parametrize(
    "error", [*server.EXPECTED, kubeconfig.KubeconfigError, egress.EgressError, launch.LaunchError, output.Refused]
)
def test_what_a_person_can_mend_is_told_as_it_is(error: type[Exception], home: Path) -> None:
    assert main.explain(error("no such thing;\n  use another"), ["up"]) == "no such thing; use another"


def test_a_defect_names_the_log_that_has_its_traceback(home: Path, tmp_path: Path) -> None:
    data = datadir.DataDir(tmp_path / "data")
    data.prepare()
    for arguments in (["up", "--data-dir", str(data.root)], ["down", f"--data-dir={data.root}"]):
        try:
            raise KeyError("gone")
        except KeyError as error:
            told = main.explain(error, arguments)
        assert told == f"KeyError: 'gone' (its traceback is in {data.log}; STEERSMAN_DEBUG=1 shows it here)"
        log = data.log.read_text()
        assert " ".join(arguments) in log
        assert "KeyError: 'gone'" in log
        assert "Traceback" in log


def test_a_defect_without_a_cluster_still_says_how_to_see_more(home: Path, tmp_path: Path) -> None:
    told = main.explain(ValueError("odd"), ["status", "--data-dir", str(tmp_path / "none")])
    assert told == "ValueError: odd (STEERSMAN_DEBUG=1 shows it here)"


def test_on_request_the_traceback_is_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STEERSMAN_DEBUG", "1")
    assert main.explain(ValueError("odd"), ["up"]) == "odd"
    assert "ValueError: odd" in capfd.readouterr().err


def test_a_defect_of_a_verb_ends_with_one_line_and_code_1(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> None:
        raise RuntimeError("a part\nis broken")

    monkeypatch.setattr("steersman.cluster.process.read", broken)
    told = run("status", "--data-dir", tmp_path / "none")
    assert told.code == 1
    assert told.err == "steersman: RuntimeError: a part is broken (STEERSMAN_DEBUG=1 shows it here)\n"


def test_the_api_server_alone_tells_in_one_line_too(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run("apiserver", "--data-dir", tmp_path / "file", "--port", "0")
    assert told.code == 1
    assert told.err.count("\n") == 1
    assert "use --data-dir DIR" in told.err
