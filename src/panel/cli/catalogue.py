"""`panel catalogue …`: the tools that can be named by slug."""

from __future__ import annotations

from pathlib import Path

import click

from panel.cli import plain
from panel.cli.findings import report
from panel.cli.streams import note, print_json


@click.group("catalogue")
def command() -> None:
    """List, show and lint the tools of the catalogue.

    \b
    Examples:
      panel catalogue list
      panel catalogue show uv
      panel catalogue lint
      panel catalogue lint drafts/my-tool.md --strict
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One tool a line.")
def list_(as_json: bool) -> None:
    """List the tools: slug, name, category, tagline."""
    from panel.catalogue import read_many
    from panel.desk import Desk
    from panel.errors import InputError

    for item in read_many(Desk.open().settings.catalogue):
        if isinstance(item, InputError):
            note(plain(f"note: {item.message}"))
        elif as_json:
            print_json(item.model_dump_json())
        else:
            click.echo(plain(f"{item.id:<36}  {item.name:<40}  {item.category or ''}"))


@command.command("show")
@click.argument("tool", metavar="TOOL")
@click.option("--json", "as_json", is_flag=True, help="The record as JSON.")
def show(tool: str, as_json: bool) -> None:
    """Show a tool as the panel would be shown it."""
    from panel.desk import Desk
    from panel.records.tool import Tool

    for item in Desk.open().tools([tool]):
        record = item if isinstance(item, Tool) else item.tool
        if as_json:
            print_json(record.model_dump_json(indent=2))
            continue
        for name, text in record.fields().items():
            first, *rest = text.splitlines()
            click.echo(plain(f"{name:<12} {first}"))
            for line in rest:
                click.echo(plain(f"{'':<12} {line}"))


@command.command("lint")
@click.argument("paths", nargs=-1, metavar="[FILE or FOLDER]…", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Exit with 3 for warnings too.")
@click.option("--json", "as_json", is_flag=True, help="One finding a line.")
def lint(paths: tuple[Path, ...], strict: bool, as_json: bool) -> int:
    """Check catalogue files: names file, line, field and the fix. Without a path, the whole catalogue."""
    import datetime as dt

    from panel.catalogue import lint as check
    from panel.desk import Desk

    places = paths or (Desk.open().settings.catalogue,)
    today = dt.datetime.now(dt.UTC).date()
    findings = [finding for place in places for finding in check(place, today)]
    return report(findings, strict=strict, as_json=as_json, subject=", ".join(str(place) for place in places))
