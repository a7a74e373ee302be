"""`steersman doctor`: what this machine lacks, and the exact fix."""

import typer

from steersman.cli import output
from steersman.cli.up import DataDir
from steersman.cluster import config as configs
from steersman.cluster import doctor as doctors

SIGNS = {"ok": "[green]✓[/]", "note": "[dim]·[/]", "warning": "[yellow]![/]", "error": "[red]✗[/]"}


def doctor(data_dir: DataDir = None) -> None:
    """What is missing on this machine, and how to mend it."""
    out = output.out()
    findings = doctors.verdict(doctors.examine((data_dir or configs.default_data_dir()).absolute()))
    for finding in findings:
        out.print(f"{SIGNS[finding.level]} {finding.what}")
        if finding.fix:
            out.print(f"    fix: {finding.fix}", markup=False)
    if doctors.blocking(findings):
        raise typer.Exit(1)
