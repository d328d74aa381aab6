"""`panel init DIR` lays out a working folder that the same commands then use, and never harms what is there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from panel.catalogue import Catalogue, lint
from panel.errors import UsageError
from panel.personas import load_all
from panel.settings import builtin, load, starter


def test_a_new_folder_holds_everything_that_can_be_edited(tmp_path: Path) -> None:
    written = starter(tmp_path / "reviews" / "mine")
    home = tmp_path / "reviews" / "mine"
    assert written[0] == home / "panel.toml"
    assert {path.name for path in home.iterdir()} == {"panel.toml", "personas", "prompts", "catalogue"}
    assert sorted(written) == sorted(path for path in home.rglob("*") if path.is_file())
    for name in ("personas", "prompts"):
        assert {path.name: path.read_bytes() for path in (home / name).iterdir()} == {
            path.name: path.read_bytes() for path in builtin(name).iterdir() if path.suffix in {".yaml", ".j2"}
        }


def test_the_new_folder_is_what_commands_inside_it_use(tmp_path: Path) -> None:
    starter(tmp_path)
    settings = load(tmp_path / "catalogue", {})
    assert (settings.home, settings.file) == (tmp_path, tmp_path / "panel.toml")
    folders = (settings.catalogue, settings.personas, settings.prompts, settings.runs)
    assert folders == tuple(tmp_path / name for name in ("catalogue", "personas", "prompts", "runs"))
    assert Catalogue(settings.catalogue).ids() == ("duckdb", "sqlite")
    assert list(load_all(settings.personas)) == list(load_all(builtin("personas")))


def test_the_new_panel_toml_says_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    starter(tmp_path / "new")
    new, bare = load(tmp_path / "new", {}), load(tmp_path / "bare", {})
    for setting in ("models", "repeats", "panel", "format", "concurrency", "named"):
        assert getattr(new, setting) == getattr(bare, setting)


def test_what_is_commented_out_in_the_new_panel_toml_can_be_used(tmp_path: Path) -> None:
    starter(tmp_path)
    path = tmp_path / "panel.toml"
    lines = path.read_text().splitlines()
    examples = [
        line.removeprefix("# ") for line in lines if line.startswith("# ") and (" = " in line or line[2] == "[")
    ]
    plain = [line for line in lines if line and not line.startswith("#")]
    path.write_text("\n".join(examples[:1] + plain + examples[1:]))
    settings = load(tmp_path, {})
    assert settings.panel == ("builder", "skeptic", "futurist", "founder")
    assert settings.named["local"].base_url == "http://localhost:8080/v1"


def test_the_example_tools_lint_without_a_finding(tmp_path: Path) -> None:
    starter(tmp_path)
    assert [
        finding for finding in lint(tmp_path / "catalogue", dt.date(2026, 11, 20)) if finding.level == "error"
    ] == []


def test_nothing_that_exists_is_overwritten_and_nothing_else_is_written(tmp_path: Path) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "builder.yaml").write_text("mine")
    with pytest.raises(UsageError) as caught:
        starter(tmp_path)
    assert caught.value.message == f"{tmp_path}/personas/builder.yaml exists already; nothing was written."
    assert [path.name for path in tmp_path.rglob("*")] == ["personas", "builder.yaml"]
    assert (tmp_path / "personas" / "builder.yaml").read_text() == "mine"


def test_a_folder_laid_out_twice_names_what_stands_in_the_way(tmp_path: Path) -> None:
    starter(tmp_path)
    with pytest.raises(UsageError, match=r"panel\.toml, .* and \d+ more exist already"):
        starter(tmp_path)


def test_one_s_own_files_beside_ours_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "auditor.txt").write_text("mine")
    starter(tmp_path)
    assert (tmp_path / "personas" / "auditor.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_finished_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "prompts").write_text("a file in the way of a folder")
    with pytest.raises(UsageError, match="Cannot lay out"):
        starter(tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["prompts"]
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="Cannot lay out"):
        starter(tmp_path / "file" / "below")
