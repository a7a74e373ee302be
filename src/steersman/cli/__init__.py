"""The `steersman` command: one file a verb.

`main` looks at the first word.  Long-running verbs (`apiserver`, `server`) go straight to `fast`, which
imports argparse and nothing heavier, because their start is measured; the rest is a Typer application, whose
verbs import what they work with when they are called: `up` starts its server as soon as it knows its options.
"""
