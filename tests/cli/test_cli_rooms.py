"""`panel personas`, `catalogue`, `runs`, `reparse`, `init`, `completion`, and the help of every command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cli.conftest import Panel

from panel.cli import command as root
from panel.store import Runs


def commands(group: click.Group, *trail: str) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that reach it."""
    context = click.Context(group)
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(context):
        item = group.get_command(context, name)
        assert item is not None
        found.append(((*trail, name), item))
        if isinstance(item, click.Group):
            found += commands(item, *trail, name)
    return found


@pytest.mark.parametrize(
    ("words", "item"), commands(root), ids=lambda value: "-".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_says_what_it_does(words: tuple[str, ...], item: click.Command) -> None:
    """One sentence that begins with a verb; every flag has its help; the main ones show examples."""
    assert item.help
    first = item.help.split(".")[0]
    assert first[0].isupper()
    assert all(option.help for option in item.params if isinstance(option, click.Option))
    if len(words) == 1:
        assert "Examples:" in item.help


def test_a_working_folder_is_laid_out_once(panel: Panel, folder: Path) -> None:
    """`panel init` writes it and overwrites nothing."""
    assert panel("init", "mine").code == 0
    assert {path.name for path in (folder / "mine").iterdir()} >= {"panel.toml", "personas", "prompts", "catalogue"}
    again = panel("init", "mine")
    assert again.code == 2
    assert "panel.toml" in again.err


def test_inside_a_working_folder_its_personas_count(
    panel: Panel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And `personas new` adds to them; outside, the built-in ones are not touched."""
    panel("init", "mine")
    monkeypatch.chdir(folder / "mine")
    persona = folder / "mine" / "personas" / "builder.yaml"
    persona.write_text(
        persona.read_text("utf-8").replace("What do I actually get to call?", "And what is new?"), "utf-8"
    )
    assert "And what is new?" in panel("personas", "list").out
    made = panel("personas", "new", "auditor")
    assert (made.code, made.out.strip().endswith("auditor.yaml")) == (0, True)
    assert "auditor" in panel("personas", "list").out
    assert panel("personas", "new", "auditor").code == 2
    assert panel("compare", "sqlite", "duckdb", "-q", "-p", "builder", "-p", "skeptic", "-p", "founder").code == 0
    assert list((folder / "mine" / "runs").glob("*/run.json"))


def test_built_in_personas_are_not_added_to(panel: Panel) -> None:
    """There is a folder of one's own for that."""
    done = panel("personas", "new", "auditor")
    assert done.code == 2
    assert "panel init DIR" in done.err


def test_a_persona_is_shown_as_it_is_and_as_it_is_sent(panel: Panel) -> None:
    """Including criteria with anchors, and the system message."""
    assert "Freedom to leave" in panel("personas", "show", "builder").out
    assert "You have not used the tool." in panel("personas", "show", "builder", "--prompt").out
    assert json.loads(panel("personas", "show", "control", "--json").out)["votes"] is False


def test_the_built_in_files_lint_clean(panel: Panel) -> None:
    """Personas with warnings included; the catalogue's facts grow old, which is a warning and not our fault."""
    assert panel("catalogue", "lint").code == 0
    assert panel("personas", "lint", "--strict").code == 0


def test_lint_names_file_field_and_fix(panel: Panel, folder: Path) -> None:
    """Exit code 3 for an error."""
    (folder / "bad.md").write_text("---\nname: A\nentry: cheap\n---\nA short text.", "utf-8")
    done = panel("catalogue", "lint", "bad.md")
    assert done.code == 3
    assert "bad.md" in done.out
    assert "entry" in done.out
    assert "freemium" in done.out


def test_the_catalogue_lists_its_twelve_tools(panel: Panel) -> None:
    """One a line, slug first."""
    lines = panel("catalogue", "list").out.splitlines()
    assert len(lines) == 12
    assert lines[0].startswith("duckdb ")
    assert panel("catalogue", "show", "uv").out.startswith("name ")


def test_reparse_costs_nothing_and_lists_what_changed(panel: Panel, folder: Path) -> None:
    """Law 11: nothing changes with the same parser; a verdict file that was tampered with is put right and listed."""
    panel("review", "sqlite", "-q")
    assert "0 verdicts changed" in panel("reparse", "latest").out
    verdicts = next((folder / "runs").glob("*/verdicts.jsonl"))
    good = verdicts.read_text("utf-8")
    first = json.loads(good.splitlines()[0])
    score = first["verdict"]["score"]
    verdicts.write_text(good.replace(f'"score":{score}', f'"score":{score - 1}', 1), "utf-8")
    done = panel("reparse", "latest")
    assert f"sqlite/builder/offline#0@open: ship {score - 1} -> ship {score}" in done.out
    assert verdicts.read_text("utf-8") == good


def test_runs_are_listed_newest_first(panel: Panel) -> None:
    """With what they bought."""
    assert "no runs" in panel("runs", "list").err
    panel("review", "sqlite", "-q")
    panel("review", "uv", "-q")
    lines = panel("runs", "list").out.splitlines()
    assert [line.split()[-1] for line in lines] == ["uv", "sqlite"]
    assert json.loads(panel("runs", "list", "--json").out.splitlines()[0])["tools"] == ["uv"]


def test_a_run_cut_off_by_a_kill_is_settled_by_the_next_command(panel: Panel, folder: Path) -> None:
    """Law 11: replies that were bought and never parsed are used, not bought again."""
    panel("review", "sqlite", "-q")
    run = Runs(folder / "runs").open("latest")
    (run.path / "verdicts.jsonl").unlink()
    manifest = json.loads((run.path / "run.json").read_text("utf-8"))
    (run.path / "run.json").write_text(json.dumps(manifest | {"finished_at": None}), "utf-8")
    done = panel("review", "sqlite")
    assert f"run {run.run_id} was cut off; the 4 replies it had bought are used" in done.err
    assert "4 stored before" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(panel: Panel, shell: str) -> None:
    """The script names our variable."""
    assert "_PANEL_COMPLETE" in panel("completion", shell).out


def test_python_dash_m_works(folder: Path) -> None:
    """`python -m panel` is the same program."""
    done = subprocess.run([sys.executable, "-m", "panel", "--version"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split(",")[0]) == (0, "panelreview")


def test_a_closed_pipe_is_no_error(folder: Path) -> None:
    """`panel … | head -1` ends quietly."""
    line = f"{sys.executable} -m panel compare sqlite uv -q | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True)
    assert done.stderr == ""
    assert "SQLite vs uv" in done.stdout


def test_a_misspelt_variable_is_told(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs may use the prefix; a near miss of ours gets a note."""
    monkeypatch.setenv("PANEL_MODLE", "openai/gpt-6-luna")
    assert "PANEL_MODLE is not a setting; did you mean PANEL_MODEL?" in panel("review", "sqlite").err


def test_a_stored_review_is_found_under_the_tools_new_id(panel: Panel, folder: Path) -> None:
    """`formerly` names the ids under which older runs know it."""
    text = "---\nname: Alder Queue\n{}---\nAlder 2.1 keeps 4,000 jobs a second in one SQLite 3 file, MIT licensed.\n"
    (folder / "catalogue").mkdir()
    (folder / "catalogue" / "alder.md").write_text(text.format(""), "utf-8")
    panel("review", "alder", "-q")
    (folder / "catalogue" / "alder.md").rename(folder / "catalogue" / "alder-queue.md")
    (folder / "catalogue" / "alder-queue.md").write_text(text.format("formerly: [alder]\n"), "utf-8")
    assert "Alder Queue" in panel("review", "latest:alder-queue", "-q").out


def test_an_interrupted_runs_purchases_are_listed(panel: Panel, folder: Path) -> None:
    """A run that was cut off and settled says what it bought."""
    panel("review", "sqlite", "-q")
    run = Runs(folder / "runs").open("latest")
    manifest = json.loads((run.path / "run.json").read_text("utf-8"))
    (run.path / "run.json").write_text(json.dumps(manifest | {"finished_at": None, "totals": {}}), "utf-8")
    (run.path / "verdicts.jsonl").unlink()
    panel("review", "uv", "-q")
    assert "finished  cut off" in panel("runs", "show", run.run_id).out
    assert "4 scored" in panel("runs", "show", run.run_id).out


def test_single_personas_are_not_asked_again(panel: Panel) -> None:
    """Law 11: --again and --refresh ask the whole panel."""
    for flag in ("--again", "--refresh"):
        done = panel("review", "sqlite", "-p", "builder", flag)
        assert done.code == 2
        assert "the whole panel, not single personas" in done.err
