"""The entry point: one line for what went wrong, and the exit code."""

import os
import sys

FAST = ("apiserver", "server")


def main() -> None:
    """`steersman ...`; ends the process."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in FAST:
        from steersman.cli import fast

        sys.exit(fast.main(arguments))
    from steersman.cli import app

    try:
        app.app()
    except app.Refused as refused:
        print(f"steersman: {refused}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
