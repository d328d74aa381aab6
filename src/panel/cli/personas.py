"""`panel personas …`: who can be invited."""

from __future__ import annotations

from pathlib import Path

import click

from panel.cli import plain
from panel.cli.findings import report
from panel.cli.streams import print_json


@click.group("personas")
def command() -> None:
    """List, show, lint and begin personas.

    \b
    Examples:
      panel personas list
      panel personas show skeptic
      panel personas new auditor
      panel personas lint
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One persona a line.")
def list_(as_json: bool) -> None:
    """List the personas: id, motto, criteria, and whether they vote."""
    from panel.desk import Desk

    for persona in Desk.open().personas.values():
        if as_json:
            print_json(persona.model_dump_json(exclude={"signals"}))
            continue
        criteria = ", ".join(criterion.name.lower() for criterion in persona.criteria)
        vote = "" if persona.votes else "  (never votes)"
        click.echo(plain(f"{persona.id:<12} {persona.motto}{vote}"))
        click.echo(plain(f"{'':<12} scores {criteria}"))


@command.command("show")
@click.argument("persona", metavar="ID")
@click.option("--prompt", is_flag=True, help="Print the system message as it is sent.")
@click.option("--json", "as_json", is_flag=True, help="The record as JSON.")
def show(persona: str, prompt: bool, as_json: bool) -> None:
    """Show a persona: who it is, what it asks and how it scores."""
    from panel.desk import Desk

    desk = Desk.open()
    chosen = desk.persona(persona)
    if as_json:
        print_json(chosen.model_dump_json(indent=2))
        return
    if prompt:
        click.echo("\n".join(plain(line) for line in desk.prompter.system(chosen).splitlines()))
        return
    click.echo(plain(f"{chosen.name}: {chosen.motto}"))
    for text in (chosen.brief, chosen.voice):
        click.echo()
        click.echo(click.wrap_text(plain(text), 88))
    click.echo("\nAsks")
    for question in chosen.questions:
        click.echo(click.wrap_text(plain(f"{question.id}: {question.asks}"), 88, "  ", "    "))
    click.echo("\nScores (low, middle, high)")
    for criterion in chosen.criteria:
        click.echo(click.wrap_text(plain(f"{criterion.name}: {criterion.asks}"), 88, "  ", "    "))
        for anchor in (criterion.anchors.low, criterion.anchors.middle, criterion.anchors.high):
            click.echo(click.wrap_text(plain(f"- {anchor}"), 88, "    ", "      "))
    for title, items in (("Excited by", chosen.excited_by), ("Tired of", chosen.tired_of)):
        if items:
            click.echo(f"\n{title}")
            for item in items:
                click.echo(plain(f"  - {item}"))
    if chosen.never_writes:
        click.echo("\nNever writes")
        click.echo(click.wrap_text(plain(", ".join(chosen.never_writes)), 88, "  ", "  "))


@command.command("lint")
@click.argument("paths", nargs=-1, metavar="[FILE or FOLDER]…", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Exit with 3 for warnings too.")
@click.option("--json", "as_json", is_flag=True, help="One finding a line.")
def lint(paths: tuple[Path, ...], strict: bool, as_json: bool) -> int:
    """Check persona files: names file, line, field and the fix. Without a path, the whole folder."""
    from panel.desk import Desk
    from panel.personas import lint as check

    places = paths or (Desk.open().settings.personas,)
    findings = [finding for place in places for finding in check(place)]
    return report(findings, strict=strict, as_json=as_json, subject=", ".join(str(place) for place in places))


@command.command("new")
@click.argument("persona", metavar="ID")
@click.option("--name", help="The name shown. [default: the id, capitalised]")
def new(persona: str, name: str | None) -> None:
    """Begin a persona: write a commented file to fill in. Needs a working folder of your own (`panel init DIR`)."""
    from panel.desk import Desk

    click.echo(str(Desk.open().new_persona(persona, name or persona.replace("-", " ").capitalize())))
