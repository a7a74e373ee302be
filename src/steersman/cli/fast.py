"""The verbs that serve: `steersman apiserver` and `steersman server`.

Kept apart from the others because their start is part of what a user waits for: nothing here may import
Typer, Rich, grpc or a CEL library (a test looks at `sys.modules`).
"""

import argparse
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


def main(arguments: Sequence[str]) -> int:
    """Run to the end; the exit code."""
    options = parser().parse_args(arguments)
    if options.verb == "apiserver":
        from steersman.cluster import standalone

        return standalone.main(options.data_dir, options.port, in_memory=options.memory)
    from steersman.cluster import progress, server

    shown: progress.Progress = progress.Pipe(options.progress_fd) if options.progress_fd >= 0 else progress.Silent()
    return server.main(options.data_dir, shown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
