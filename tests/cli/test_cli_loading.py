"""What a command loads, and what `panel --help` says of commands that it does not load."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click
import pytest

from panel.cli import COMMANDS, SUMMARIES
from panel.cli.loading import loading


def test_every_command_has_a_summary_in_its_place() -> None:
    assert list(SUMMARIES) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_the_first_sentence_of_the_command_s_own_help(name: str) -> None:
    command = import_module(COMMANDS[name]).command
    assert isinstance(command, click.Command)
    assert SUMMARIES[name] == command.get_short_help_str(limit=500)


def test_the_collector_leaves_alone_what_was_loaded_and_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "panel.cli.spend")
    before = gc.get_freeze_count()
    with loading():
        import_module("panel.cli.spend")
        assert not gc.isenabled()
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert gc.isenabled()
    assert frozen > before


def test_where_nothing_is_loaded_nothing_is_set_apart() -> None:
    """So that a process which runs many commands keeps no more than one does."""
    before = gc.get_freeze_count()
    with loading():
        import_module("panel.cli.spend")
    assert gc.get_freeze_count() == before


def test_a_fault_in_what_is_loaded_leaves_the_collector_on() -> None:
    with pytest.raises(ModuleNotFoundError), loading():
        import_module("panel.no_such_module")
    assert gc.isenabled()
