"""The command line: one module per command, loaded only when its command runs.

A command parses its arguments, calls one function and prints. Results go to stdout, talk to stderr. `main` turns every
expected error into one message and a documented exit code; nothing a user can cause ends in a traceback.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from panel._version import __version__
from panel.cli.streams import abandon, note, prepare
from panel.errors import PanelError, StoreError

COMMANDS = {
    "review": "panel.cli.review",
    "compare": "panel.cli.compare",
    "rescore": "panel.cli.rescore",
    "batch": "panel.cli.batch",
    "personas": "panel.cli.personas",
    "catalogue": "panel.cli.catalogue",
    "models": "panel.cli.models",
    "runs": "panel.cli.runs",
    "reparse": "panel.cli.reparse",
    "diff": "panel.cli.diff",
    "init": "panel.cli.init",
    "completion": "panel.cli.completion",
}

SUMMARIES = {
    "review": "Review tools, each by the whole panel.",
    "compare": "Compare two to six tools and answer which one to ship with.",
    "rescore": "Bring a whole catalogue up to date: ask what is stale or missing, and only that.",
    "batch": "Hand in, look at, collect, cancel and give up the batches of a run.",
    "personas": "List, show, lint and begin personas.",
    "catalogue": "List, show and lint the tools of the catalogue.",
    "models": "List the models that can be named, and check one by asking it.",
    "runs": "List, show, watch, open and resume stored runs.",
    "reparse": "Read a run's stored replies again and list every verdict that changed.",
    "diff": "Show what changed between two runs, paired by tool and persona, and why.",
    "init": "Lay out a working folder: panel.toml, personas, prompts and a catalogue, yours to edit.",
    "completion": "Print the completion script of a shell.",
}
"""The first sentence of each command's help, so that `panel --help` need not load them all."""

EXIT_CODES = """\b
Exit codes:
  0  done
  1  an error that fits none of the following
  2  the command, a flag or a setting is wrong, or names something unknown
  3  a file you wrote is wrong: catalogue entry, persona, template
  4  a run folder, a file or standard output cannot be written or read
  5  a model gave no reply, or could not be asked again as it should: what arrived is kept
  6  drift: more votes flipped than allowed, or the judge itself moved
  130  interrupted: what arrived is kept, the same command does the rest"""


class Commands(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name]).command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their summaries, none of them loaded."""
        limit = formatter.width - 6 - max(map(len, SUMMARIES))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, click.Command(name, help=told).get_short_help_str(limit)) for name, told in SUMMARIES.items()]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Offer the nearest command for a mistyped one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, "-V", "--version", prog_name="panelreview")
def command() -> None:
    """Four personas review a developer tool; a card answers which one you should ship with.

    \b
    Examples:
      panel compare sqlite duckdb --out card.html
      panel review uv
      panel review my-tool.md --model openai/gpt-6-luna
      panel catalogue list
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for plugins costs as much as a review
    prepare()
    try:
        code = command.main(args=args, prog_name="panel", standalone_mode=False)
        sys.stdout.flush()
        raise SystemExit(code if isinstance(code, int) else 0)
    except PanelError as error:
        _fail(_lines(error), error.exit_code)
    except click.exceptions.Abort:
        _fail(["interrupted; whatever arrived is kept, and the same command does the rest"], 130)
    except click.ClickException as error:
        try:
            error.show()
        except OSError:
            abandon(sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        _fail(["interrupted; whatever arrived is kept, and the same command does the rest"], 130)
    except BrokenPipeError:
        # the reader of our output went away (`panel … | head`): nothing is wrong
        abandon(sys.stdout)
        raise SystemExit(0) from None
    except OSError as error:
        _fail(_why(error), StoreError.exit_code)


def _lines(error: PanelError) -> list[str]:
    return [error.message, *([error.hint] if error.hint else [])]


def _fail(lines: list[str], code: int) -> NoReturn:
    first, *rest = [plain(line) for text in lines for line in text.splitlines()]
    note(f"panel: {first}")
    for line in rest:
        note(f"       {line}")
    raise SystemExit(code)


def _why(error: OSError) -> list[str]:
    """What the system refused, told once; the usual one is that the output cannot be written."""
    reason = error.strerror or str(error)
    try:
        os.getcwd()
    except OSError:
        return ["the working folder does not exist any more", "Go to one that does: cd …"]
    if error.filename is not None:
        return [f"{error.filename}: {reason}", "Check that it exists and that you may use it."]
    abandon(sys.stdout)
    return [f"cannot write to standard output: {reason}", "What was bought is kept: panel runs list"]


def plain(text: str) -> str:
    """Text that may quote a file or a server, fit for a terminal: no control character survives."""
    return "".join(char if char.isprintable() else "�" for char in text)
