"""What `lint` prints, for the catalogue and for personas alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from panel.cli import plain
from panel.cli.streams import note, print_json

if TYPE_CHECKING:
    from panel.records.finding import Finding


def report(findings: Sequence[Finding], *, strict: bool, as_json: bool, subject: str) -> int:
    """Print findings, errors first; the exit code is 3 with an error or, if strict, with any finding, else 0."""
    errors = [finding for finding in findings if finding.level == "error"]
    warnings = [finding for finding in findings if finding.level == "warning"]
    for finding in (*errors, *warnings):
        if as_json:
            print_json(finding.model_dump_json())
        else:
            click.echo(plain(f"{finding.level}: {finding.place}: {finding.message}"))
            if finding.fix:
                click.echo(plain(f"    {finding.fix}"))
    note(plain(f"{subject}: {len(errors)} errors, {len(warnings)} warnings"))
    return 3 if errors or (strict and warnings) else 0
