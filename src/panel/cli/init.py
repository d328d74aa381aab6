"""`panel init DIR`: a working folder of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from panel.cli.streams import note


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Lay out a working folder: panel.toml, personas, prompts and a catalogue, yours to edit.

    Nothing that exists is overwritten. Inside the folder the same commands use what lies there.

    \b
    Examples:
      panel init reviews && cd reviews && panel compare sqlite duckdb
    """
    from panel.settings import starter

    for path in starter(folder):
        click.echo(str(path))
    note(f"Next step: cd {folder} && panel catalogue lint && panel compare sqlite duckdb")
