"""Config: `panel.toml` as read, checked and still relative to where it lies. Raises ConfigError with file and key.

    model = "openai/gpt-6-luna"      plain keys are the flags' names
    [folders]                        where catalogue, personas, prompts and runs lie
    [models.NAME]                    a model under a name of one's own

A key of a provider is refused wherever it stands: the file is shared and kept, a key must be neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from panel.authored import Tree, check, nearest, read_text
from panel.errors import ConfigError, InputError
from panel.records.model import ModelSettings
from panel.settings.expect import CHECKS, unusable
from panel.settings.places import FOLDERS

TABLES = ("folders", "models")
PROVIDERS = "openai, mistral, ollama, vllm, llamacpp or compatible"
"""What is expected; a client that somebody installed brings a name of its own."""

_SECRET_NAME = re.compile(
    r"(?:.*_)?(?:api_?key|secret(?:_?key)?|access_?key|(?:access|auth|api|bearer)_?token|password|passwd|authorization)"
    r"|key|token|bearer",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"(?:sk|pk|rk|key|bearer)[-_ ][\w.-]{16,}", re.IGNORECASE)
_CREDENTIALS = re.compile(r"://[^/@\s]*@")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Config(NamedTuple):
    """What a panel.toml says: checked plain values by key, folders as written, models by name."""

    values: Mapping[str, Any]
    folders: Mapping[str, str]
    models: Mapping[str, ModelSettings]


def read_config(path: Path) -> Config:
    """Read a panel.toml; raises ConfigError."""
    table = _parse(path)
    file = str(path)
    for key, why in _secrets(table, ""):
        raise ConfigError(
            f"{file}, {key}: {why}.",
            hint="Take it out, set it as an environment variable, and name that variable: "
            'key_variable = "OPENAI_API_KEY". If the file was shared, replace the key.',
        )
    _refuse_unknown(file, "", table, (*CHECKS, *TABLES))
    values = {key: CHECKS[key](f"{file}, {key}", value) for key, value in table.items() if key in CHECKS}
    return Config(values, _folders(file, table), _models(file, table))


def _parse(path: Path) -> dict[str, Any]:
    import tomllib  # only where there is a file to read

    try:
        return tomllib.loads(read_text(path))
    except InputError as error:
        raise ConfigError(f"{error.message}.", hint=error.hint) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"\(at line (\d+), column \d+\)", str(error))
        place = f"{path}, line {line[1]}" if line else str(path)
        problem = re.sub(r" \(at .*\)$", "", str(error)) or "values are nested too deep"
        raise ConfigError(f"{place}: is not valid TOML: {problem}.", hint='Texts stand in quotes: key = "…"') from error


def _secrets(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Where a key of a provider stands, and what gives it away; the value itself is never shown."""
    if isinstance(value, dict):
        for key, item in value.items():
            inner = f"{place}.{key}" if place else key
            if isinstance(item, str) and item and _SECRET_NAME.fullmatch(key):
                yield inner, "a key must not stand in a file"
            elif key == "key_variable" and isinstance(item, str) and not _is_variable(item):
                yield inner, "found what is no variable's name and may be a key; expected a name such as OPENAI_API_KEY"
            else:
                yield from _secrets(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item, place)
    elif isinstance(value, str) and (_SECRET_VALUE.fullmatch(value.strip()) or _CREDENTIALS.search(value)):
        yield place, "found what looks like a key or password, which must not stand in a file"


def _is_variable(text: str) -> bool:
    """Keys of letters and digits alone also spell like names, but no name is so long without an underscore."""
    long_digits = len(text) >= 24 and "_" not in text and any(char.isdigit() for char in text)
    return bool(_VARIABLE.fullmatch(text)) and not long_digits


def _refuse_unknown(file: str, prefix: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            near = nearest(key, known, 1)
            meant = f"Did you mean {prefix}{near[0]}? " if near else ""
            raise ConfigError(f"{file}, {prefix}{key}: is not a setting.", hint=f"{meant}Known: {', '.join(known)}.")


def _table(file: str, table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise unusable(f"{file}, {key}", value, f"a table: [{key}]")
    return value


def _folders(file: str, table: Mapping[str, Any]) -> dict[str, str]:
    folders = _table(file, table, "folders")
    _refuse_unknown(file, "folders.", folders, FOLDERS)
    for name, path in folders.items():
        if not isinstance(path, str) or not path.strip() or "\x00" in path:
            raise unusable(f"{file}, folders.{name}", path, "the path of a folder")
    return folders


def _models(file: str, table: Mapping[str, Any]) -> dict[str, ModelSettings]:
    return {name: _model(file, name, entry) for name, entry in _table(file, table, "models").items()}


def _model(file: str, name: str, entry: Any) -> ModelSettings:
    if not isinstance(entry, dict):
        raise unusable(f"{file}, models.{name}", entry, f"a table: [models.{name}]")
    model, faults = check(ModelSettings, Tree(file, entry), {"provider": PROVIDERS})
    if model is None:
        fault = faults[0]
        place = ".".join(("models", name, *(fault.field or "").split(", ")))
        raise ConfigError(f"{file}, {place}: {fault.what}.", hint=fault.hint)
    return model
