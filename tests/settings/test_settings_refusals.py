"""A setting that cannot be used is refused by its name: what was found, what was expected; a key is never shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from panel.errors import ConfigError
from panel.settings import load


def refused(folder: Path, text: str | None = None, environ: Mapping[str, str] | None = None) -> ConfigError:
    if text is not None:
        (folder / "panel.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(folder, environ or {})
    return caught.value


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("repeat = 3", "repeat: is not a setting.", "Did you mean repeats? Known: model, repeats, persona, format, "),
        ("[folder]", "folder: is not a setting.", "Did you mean folders? "),
        ("[folders]\npersona = 'x'", "folders.persona: is not a setting.", "Did you mean folders.personas? "),
        ('repeats = "three"', "repeats: found 'three'; expected a whole number from 1 to 50.", ""),
        ("repeats = 0", "repeats: found 0; expected a whole number from 1 to 50.", ""),
        ("repeats = true", "repeats: found true; expected a whole number from 1 to 50.", ""),
        ("repeats = 2.5", "repeats: found 2.5; expected a whole number from 1 to 50.", ""),
        ("concurrency = 1000", "concurrency: found 1000; expected a whole number from 1 to 256.", ""),
        ("model = 3", "model: found 3; expected a name, or a list of names.", ""),
        ("model = []", "model: found []; expected at least one name.", ""),
        ("persona = [1]", "persona: found [1]; expected a name, or a list of names.", ""),
        ('format = "pdf"', "format: found 'pdf'; expected one of terminal, markdown, html, json.", ""),
        ("folders = 'x'", "folders: found 'x'; expected a table: [folders].", ""),
        ("[folders]\nruns = 3", "folders.runs: found 3; expected the path of a folder.", ""),
        ("[models]\nlocal = 'x'", "models.local: found 'x'; expected a table: [models.local].", ""),
        (
            "[models.local]\nprovider = 'openai'",
            "models.local.model: is missing; expected a value.",
            "Add model: …",
        ),
        (
            "[models.local]\nprovider = 'openai'\nmodel = 'm'\nbase_ulr = 'http://x'",
            "models.local.base_ulr: is not a known key.",
            "Did you mean base_url?",
        ),
        (
            "[models.local]\nprovider = 'openai'\nmodel = 'm'\ntimeout_s = 'long'",
            "models.local.timeout_s: found 'long'; expected",
            "",
        ),
        (
            "[models.local]\nprovider = 'openai'\nmodel = 'm'\nprice = { input = -1, output = 1 }",
            "models.local.price.input: found -1; expected greater than or equal to 0.",
            "",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_file_key_found_and_expected(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    error = refused(tmp_path, text)
    assert error.message.startswith(f"{tmp_path}/panel.toml, {message}")
    assert error.hint.startswith(hint)
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('repeats = 1\nmodel = "x\n', ", line 2: is not valid TOML: "),
        ("repeats\n", ", line 1: is not valid TOML: "),
        ("repeats = 1\nrepeats = 2\n", ", line 2: is not valid TOML: "),
        ("a = " + "[" * 5000, ": is not valid TOML: "),
    ],
)
def test_broken_toml_names_file_and_line(tmp_path: Path, text: str, place: str) -> None:
    assert refused(tmp_path, text).message.startswith(f"{tmp_path}/panel.toml{place}")


def test_a_panel_toml_that_is_no_text_is_a_setting_error(tmp_path: Path) -> None:
    (tmp_path / "panel.toml").write_bytes("repeats = 1".encode("utf-16"))
    assert refused(tmp_path).message == f"{tmp_path}/panel.toml: found UTF-16 text; expected UTF-8."


SECRET = "sk-proj-Abc123Abc123Abc123Abc123"  # noqa: S105 - made up, to be refused


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f'[models.a]\nprovider = "openai"\nmodel = "m"\napi_key = "{SECRET}"', "models.a.api_key"),
        ('[models.a]\nprovider = "openai"\nmodel = "m"\napikey = "abc"', "models.a.apikey"),
        (f'[models.a]\nprovider = "openai"\nmodel = "m"\nkey_variable = "{SECRET}"', "models.a.key_variable"),
        ('[models.a]\nkey_variable = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"', "models.a.key_variable"),
        (f'OPENAI_API_KEY = "{SECRET}"', "OPENAI_API_KEY"),
        (f'[providers.openai]\nsecret = "{SECRET}"', "providers.openai.secret"),
        (f'model = ["{SECRET}"]', "model"),
        ('[models.a]\nbase_url = "https://me:pass@host/v1"', "models.a.base_url"),
        (
            '[models.a.parameters.extra_headers]\nAuthorization = "Bearer x"',
            "models.a.parameters.extra_headers.Authorization",
        ),
    ],
)
def test_a_key_is_refused_wherever_it_stands_and_never_shown(tmp_path: Path, text: str, key: str) -> None:
    error = refused(tmp_path, text)
    assert error.message.startswith(f"{tmp_path}/panel.toml, {key}: ")
    assert 'key_variable = "OPENAI_API_KEY"' in error.hint
    assert SECRET not in str(error)
    assert "pass@" not in str(error)


def test_what_only_sounds_like_a_key_is_left_alone(tmp_path: Path) -> None:
    text = """
        [models.token]
        provider = "openai"
        model = "gpt-6-luna"
        key_variable = "MY_COMPANY_OPENAI_KEY_2026"
        max_output_tokens = 900
        parameters = { stop_token = "###" }
    """
    (tmp_path / "panel.toml").write_text(text)
    assert load(tmp_path, {}).named["token"].key_variable == "MY_COMPANY_OPENAI_KEY_2026"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PANEL_REPEATS", "many", "PANEL_REPEATS: found 'many'; expected a whole number from 1 to 50."),
        ("PANEL_REPEATS", "²", "PANEL_REPEATS: found '²'; expected a whole number from 1 to 50."),
        ("PANEL_FORMAT", "pdf", "PANEL_FORMAT: found 'pdf'; expected one of terminal, markdown, html, json."),
        ("PANEL_MODEL", ",", "PANEL_MODEL: found ','; expected at least one name."),
    ],
)
def test_an_unusable_variable_is_refused_by_its_name(tmp_path: Path, variable: str, value: str, message: str) -> None:
    assert refused(tmp_path, environ={variable: value}).message == message


def test_a_folder_that_is_named_must_exist_but_for_runs(tmp_path: Path) -> None:
    error = refused(tmp_path, '[folders]\npersonas = "people"')
    assert error.message == f"{tmp_path}/panel.toml, folders.personas: there is no folder {tmp_path}/people."
    error = refused(tmp_path, "", {"PANEL_CATALOGUE": "builder,skeptic"})
    assert error.message == f"PANEL_CATALOGUE: there is no folder {tmp_path}/builder,skeptic."
    assert load(tmp_path, {"PANEL_RUNS": "new/runs"}).runs == tmp_path / "new" / "runs"
