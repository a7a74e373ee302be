"""`steersman --help`."""

import re
from collections.abc import Callable
from typing import Any

import pytest

import steersman

VERBS = ("up", "down", "status", "doctor", "kubeconfig", "apiserver", "server", "version", "image")


def test_each_verb_has_one_whole_line(run: Callable[..., Any]) -> None:
    told = run("--help")
    assert told.code == 0
    for verb in VERBS:
        (line,) = re.findall(rf"^  {verb} +(.*)$", told.out, re.MULTILINE)
        assert line.endswith("."), line
        assert not line.endswith(".."), f"{verb}: its first sentence is too long"


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself(run: Callable[..., Any], verb: str) -> None:
    told = run(verb, "--help")
    assert told.code == 0
    assert "sage:" in told.out


def test_an_unknown_option_is_refused_with_its_name(run: Callable[..., Any]) -> None:
    told = run("up", "--nods", "3")
    assert told.code == 2
    assert "--nods" in told.err


def test_the_version_names_both(run: Callable[..., Any]) -> None:
    assert run("version").out == f"steersman {steersman.__version__} (Kubernetes {steersman.KUBERNETES_VERSION})\n"
