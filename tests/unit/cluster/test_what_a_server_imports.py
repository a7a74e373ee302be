"""A start is mostly imports: what is not needed to serve must not be on the way to it."""

import subprocess
import sys

import pytest

LATER = {
    "typer": "only people at a command line need it",
    "rich": "only people at a command line need it",
    "numpy": "only a scheduler with many nodes",
    "grpc": "only nodes with containers",
    "cel": "with the first expression",
    "yaml": "with the first YAML body",
    "jwt": "with the first token",
}
PROGRAM = """
import sys
from steersman.cli import main, fast
fast.import_aiohttp()
import {modules}
print(*sys.modules)
"""


def imported(modules: str) -> set[str]:
    """The packages that are there once a server's modules are."""
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(modules=modules)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def alone() -> set[str]:
    return imported("uvloop, steersman.cluster.standalone, steersman.store.sqlite, steersman.api.validation")


@pytest.mark.parametrize("package", LATER)
def test_the_api_server_starts_without(alone: set[str], package: str) -> None:
    assert package not in alone, LATER[package]


@pytest.mark.parametrize("room", ["controllers", "scheduler", "kubelet", "proxy", "dns", "cri", "nft", "dashboard"])
def test_the_api_server_starts_without_the_room(alone: set[str], room: str) -> None:
    assert f"steersman.{room}" not in alone


def test_a_cluster_starts_without_the_command_lines_packages() -> None:
    found = imported("steersman.cluster.server, steersman.store.sqlite")
    assert not found & {"typer", "rich", "numpy", "cel", "jwt", "yaml", "steersman.cri.simulated"}
    assert "grpc" not in found, "a cluster of simulated nodes needs no gRPC"


def test_up_starts_its_server_before_it_imports_what_it_shows_with() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from steersman.cli import app; print(*sys.modules)"],
        capture_output=True, text=True,
    )  # fmt: skip
    found = set(done.stdout.split())
    assert "typer" in found
    assert not found & {"rich", "aiohttp", "cryptography", "grpc", "asyncio", "steersman.cri"}


def test_the_list_of_authorities_is_back_once_aiohttp_is_imported() -> None:
    program = """
import os
from steersman.cli import fast
os.environ.pop("SSL_CERT_DIR", None)
os.environ["SSL_CERT_FILE"] = "/mine"
fast.import_aiohttp()
print(os.environ["SSL_CERT_FILE"], "SSL_CERT_DIR" in os.environ)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["/mine", "False"]
