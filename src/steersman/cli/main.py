"""The entry point: one line for what went wrong, and the exit code.

What a person can mend is told as it is.  Anything else is a defect of ours: it is told in one line too, its
traceback goes to the cluster's log, and `STEERSMAN_DEBUG=1` shows it at once.
"""

import itertools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

FAST = ("apiserver", "server")


def main() -> None:
    """`steersman ...`; ends the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The command line; its exit code."""
    try:
        return _verb(arguments)
    except SystemExit as ended:  # how Typer and argparse end, well or not
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001  the last door: everything is told in one line
        print(f"steersman: {explain(error, arguments)}", file=sys.stderr)
        return 1


def _verb(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in FAST:
        from steersman.cli import fast

        return fast.main(arguments)
    from steersman.cli import app

    app.app(list(arguments), prog_name="steersman")
    return 0


def explain(error: Exception, arguments: Sequence[str]) -> str:
    """The line for an error; what nobody expected is written to the log, too."""
    from steersman.cli import output

    if os.environ.get("STEERSMAN_DEBUG"):
        import traceback

        traceback.print_exception(error)
        return output.line(error)
    if isinstance(error, output.Refused):
        return output.line(error)
    if isinstance(error, expected()):
        return output.line(error)
    log = _log(error, arguments)
    where = f"its traceback is in {log}; " if log else ""
    return f"{type(error).__name__}: {output.line(error)} ({where}STEERSMAN_DEBUG=1 shows it here)"


def expected() -> tuple[type[Exception], ...]:
    """What a person can mend.  Imports the whole cluster, so it is asked only when something went wrong."""
    try:
        from steersman.client import kubeconfig
        from steersman.cluster import images, launch, server
        from steersman.cluster.network import egress
    except ImportError:  # then that is what went wrong
        return ()
    return (*server.EXPECTED, kubeconfig.KubeconfigError, egress.EgressError, launch.LaunchError, images.ImageError)


def _log(error: Exception, arguments: Sequence[str]) -> Path | None:
    """Append a traceback to the log of the cluster that the command line names; None where there is none."""
    import traceback

    from steersman.cluster import config as configs
    from steersman.cluster import datadir

    given = [word.partition("=")[2] for word in arguments if word.startswith("--data-dir=")]
    given += [value for word, value in itertools.pairwise(arguments) if word == "--data-dir"]
    log = datadir.DataDir((Path(given[0]) if given else configs.default_data_dir()).absolute()).log
    if not log.parent.is_dir():
        return None
    try:
        with log.open("a") as file:
            file.write(f"steersman {' '.join(arguments)}\n{''.join(traceback.format_exception(error))}")
    except OSError:
        return None
    return log


if __name__ == "__main__":
    main()
