"""`steersman doctor`: what this machine lacks, and the exact fix."""

import typer

from steersman.cli import options, output
from steersman.cluster import doctor as doctors

SIGNS = {"ok": "[green]✓[/]", "note": "[dim]·[/]", "warning": "[yellow]![/]", "error": "[red]✗[/]"}


def doctor(data_dir: options.DataDir = None) -> None:
    """What is missing on this machine, and how to mend it."""
    out = output.out()
    findings = doctors.verdict(doctors.examine(options.directory(data_dir).root))
    for finding in findings:
        out.print(SIGNS[finding.level], end=" ")
        out.print(finding.what, markup=False)
        if finding.fix:
            out.print(f"    fix: {finding.fix}", markup=False)
    if doctors.blocking(findings):
        raise typer.Exit(1)
