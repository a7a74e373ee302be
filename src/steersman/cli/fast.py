"""The verbs that serve: `steersman apiserver` and `steersman server`.

Kept apart from the others because their start is part of what a user waits for: nothing here may import
Typer, Rich, grpc or a CEL library (a test looks at `sys.modules`).
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="steersman")
    verbs = top.add_subparsers(dest="verb", required=True)
    alone = verbs.add_parser("apiserver", help="the API server alone, without controllers")
    alone.add_argument("--data-dir", type=Path, required=True, help="where objects and certificates are kept")
    alone.add_argument("--port", type=int, default=6443, help="on 127.0.0.1; 0 takes any free one")
    alone.add_argument("--memory", action="store_true", help="keep objects in memory only")
    server = verbs.add_parser("server", help="a cluster in this process, as `up` starts it")
    server.add_argument("--data-dir", type=Path, required=True)
    server.add_argument("--progress-fd", type=int, default=-1, help="a pipe that takes the steps as JSON lines")
    return top


NOWHERE = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}


def import_aiohttp() -> None:
    """Import aiohttp without the machine's list of authorities.

    aiohttp reads the list twice as it is imported (50 ms of a start of 400), for a client that is told nothing
    about trust; every client in a server of ours is told whom to trust.
    """
    before = {name: os.environ.get(name) for name in NOWHERE}
    os.environ.update(NOWHERE)
    try:
        import aiohttp  # noqa: F401
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def main(arguments: Sequence[str]) -> int:
    """Run to the end; the exit code."""
    options = parser().parse_args(arguments)
    gc.disable()  # until `cluster.loop.started`
    import_aiohttp()
    if options.verb == "apiserver":
        from steersman.cluster import standalone

        return standalone.main(options.data_dir, options.port, in_memory=options.memory)
    from steersman.cluster import progress, server

    shown: progress.Progress = progress.Pipe(options.progress_fd) if options.progress_fd >= 0 else progress.Silent()
    return server.main(options.data_dir, shown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
