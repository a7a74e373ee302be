"""The `steersman` command: one file a verb.

`main` looks at the first word.  Long-running verbs (`apiserver`, `server`) go straight to `fast`, which
imports argparse and nothing heavier, because their start is measured; the rest is a Typer application.
"""
