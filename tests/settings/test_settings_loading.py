"""A variable goes before panel.toml, the file before the default; what cannot be used is refused by its name."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from panel.errors import ConfigError
from panel.records.model import ModelSettings, Price
from panel.settings import Settings, builtin, load
from panel.settings.config import TABLES
from panel.settings.expect import CHECKS
from panel.settings.loading import VARIABLES
from panel.settings.places import FOLDERS

ROOT = Path(__file__).parents[2]


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "panel.toml").write_text(text, "utf-8")
    return folder


def test_without_a_file_or_a_variable_everything_is_built_in(tmp_path: Path) -> None:
    assert load(tmp_path, {"OPENAI_API_KEY": "sk-anything"}) == Settings(
        home=tmp_path,
        file=None,
        models=("offline",),
        repeats=1,
        panel=None,
        format="terminal",
        concurrency=8,
        catalogue=ROOT / "catalogue",
        personas=ROOT / "personas",
        prompts=ROOT / "prompts",
        runs=tmp_path / "runs",
        named={},
    )
    assert not (tmp_path / "runs").exists()


def test_the_nearest_panel_toml_upwards_is_in_force(tmp_path: Path) -> None:
    write(tmp_path, "repeats = 2")
    write(tmp_path / "inner", "repeats = 3")
    (tmp_path / "inner" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    assert load(tmp_path / "inner" / "deep" / "er", {}).repeats == 3
    settings = load(tmp_path / "other", {})
    assert (settings.repeats, settings.home, settings.runs) == (2, tmp_path, tmp_path / "runs")
    assert settings.file == tmp_path / "panel.toml"


def test_every_key_of_the_file_is_a_setting(tmp_path: Path) -> None:
    for name in ("tools", "people"):
        (tmp_path / name).mkdir()
    text = """
        model = ["openai/gpt-6-luna", "local"]
        repeats = 5
        persona = ["builder", "skeptic", "builder"]
        format = "html"
        concurrency = 2
        [folders]
        catalogue = "tools"
        personas = "people"
        runs = "bought"
        [models.local]
        provider = "compatible"
        model = "qwen3"
        base_url = "http://localhost:8080/v1"
        key_variable = "LOCAL_KEY"
        parameters = { temperature = 0.7 }
        price = { input = 0.1, output = "0.40" }
    """
    settings = load(write(tmp_path, text), {})
    assert settings.models == ("openai/gpt-6-luna", "local")
    assert (settings.repeats, settings.format, settings.concurrency) == (5, "html", 2)
    assert settings.panel == ("builder", "skeptic")
    assert (settings.catalogue, settings.personas) == (tmp_path / "tools", tmp_path / "people")
    assert (settings.prompts, settings.runs) == (ROOT / "prompts", tmp_path / "bought")
    assert settings.named == {
        "local": ModelSettings(
            provider="compatible",
            model="qwen3",
            base_url="http://localhost:8080/v1",
            key_variable="LOCAL_KEY",
            parameters={"temperature": 0.7},
            price=Price(input=Decimal("0.1"), output=Decimal("0.40")),
        )
    }


def test_a_variable_goes_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'model = "local"\nrepeats = 5\nformat = "html"')
    environ = {"PANEL_MODEL": "mistral/small, offline", "PANEL_REPEATS": "3", "PANEL_FORMAT": "json"}
    settings = load(tmp_path, environ)
    assert (settings.models, settings.repeats, settings.format) == (("mistral/small", "offline"), 3, "json")


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    write(tmp_path, "repeats = 5")
    assert load(tmp_path, dict.fromkeys(VARIABLES, " ")).repeats == 5


def test_folders_of_the_file_are_relative_to_it_and_of_a_variable_to_where_you_are(tmp_path: Path) -> None:
    here = tmp_path / "here"
    for folder in (tmp_path / "tools", here / "mine", here / "ask"):
        folder.mkdir(parents=True)
    write(tmp_path, '[folders]\ncatalogue = "tools"\npersonas = "tools"')
    environ = {"PANEL_PERSONAS": "mine", "PANEL_PROMPTS": str(here / "ask"), "PANEL_RUNS": "out"}
    settings = load(here, environ)
    assert settings.catalogue == tmp_path / "tools"
    assert (settings.personas, settings.prompts, settings.runs) == (here / "mine", here / "ask", here / "out")


def test_panel_config_names_the_file_and_goes_before_any_other(tmp_path: Path) -> None:
    write(tmp_path, "repeats = 2")
    write(tmp_path / "elsewhere", "repeats = 4").joinpath("panel.toml").rename(tmp_path / "elsewhere" / "my.toml")
    settings = load(tmp_path, {"PANEL_CONFIG": "elsewhere/my.toml"})
    assert (settings.repeats, settings.home) == (4, tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match=r"PANEL_CONFIG: there is no file .*/none\.toml\."):
        load(tmp_path, {"PANEL_CONFIG": "none.toml"})


def test_a_folder_is_taken_for_ours_only_when_it_holds_what_ours_would(tmp_path: Path) -> None:
    for name, file in (("catalogue", "logo.png"), ("personas", "marketing.docx"), ("prompts", "notes.md")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    settings = load(tmp_path, {})
    assert (settings.catalogue, settings.personas) == (ROOT / "catalogue", ROOT / "personas")
    assert settings.prompts == ROOT / "prompts"
    (tmp_path / "personas" / "auditor.yaml").touch()
    (tmp_path / "prompts" / "system.j2").touch()
    (tmp_path / "catalogue" / "uv.md").touch()
    settings = load(tmp_path, {})
    assert (settings.catalogue, settings.personas) == (tmp_path / "catalogue", tmp_path / "personas")
    assert settings.prompts == tmp_path / "prompts"


def test_a_misspelt_variable_is_warned_about_and_a_stranger_is_not(tmp_path: Path) -> None:
    environ = {"PANEL_REPEAT": "3", "PANEL_MODELS": "x", "PANEL_ALLOW_WEBSOCKET_ORIGIN": "x", "PANELS": "x"}
    assert load(tmp_path, environ).warnings == (
        "PANEL_MODELS is not a setting; did you mean PANEL_MODEL?",
        "PANEL_REPEAT is not a setting; did you mean PANEL_REPEATS?",
    )


def test_a_home_folder_may_be_written_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "tools").mkdir()
    assert load(tmp_path, {"PANEL_CATALOGUE": "~/tools"}).catalogue == tmp_path / "tools"
    assert load(tmp_path, {"PANEL_RUNS": "~nobody-here/runs"}).runs == tmp_path / "~nobody-here" / "runs"


def test_the_built_in_folders_are_there(tmp_path: Path) -> None:
    for name in ("catalogue", "personas", "prompts"):
        assert builtin(name) == ROOT / name


def test_the_documentation_names_every_key_and_every_variable() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for name in (*CHECKS, *TABLES, *FOLDERS, *VARIABLES, *ModelSettings.model_fields):
        assert f"`{name}`" in text, name


def test_without_a_file_neither_a_toml_nor_a_yaml_reader_is_loaded(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from panel.settings import load; load(Path.cwd(), {});"
        "print([name for name in ('tomllib', 'yaml', 'difflib') if name in sys.modules])"
    )
    clean = {"PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
