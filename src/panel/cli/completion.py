"""`panel completion SHELL`: what a shell needs to complete commands and flags."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      eval "$(panel completion bash)"          # in ~/.bashrc
      panel completion fish > ~/.config/fish/completions/panel.fish
    """
    from click.shell_completion import get_completion_class

    from panel.cli import command as root

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(root, {}, "panel", "_PANEL_COMPLETE").source())
