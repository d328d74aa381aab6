"""Loading: variables over `panel.toml` over defaults, into one frozen value. Reads the file and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from panel.errors import ConfigError
from panel.records.model import OFFLINE, ModelSettings
from panel.settings.expect import CHECKS
from panel.settings.places import CONFIG, FOLDERS, folder

VALUES = {"PANEL_MODEL": "model", "PANEL_REPEATS": "repeats", "PANEL_FORMAT": "format"}
"""The variables that hold a value, and the key of panel.toml each goes before."""

FOLDER_VARIABLES = {f"PANEL_{name.upper()}": name for name in FOLDERS}
CONFIG_VARIABLE = "PANEL_CONFIG"
VARIABLES = (*VALUES, *FOLDER_VARIABLES, CONFIG_VARIABLE)


class Settings(NamedTuple):
    """The settings in force. All paths are absolute.

    `home` is the folder of `panel.toml`, or the working directory without one; `file` that file. `models` are names as
    a user types them, `named` the models of `[models.NAME]`; `panel` the ids of the personas to invite, None for all
    that vote. `catalogue`, `personas`, `prompts` and `runs` are folders; `runs` need not exist yet. `warnings` are
    sentences for the user about variables that look misspelt.
    """

    home: Path
    file: Path | None
    models: tuple[str, ...]
    repeats: int
    panel: tuple[str, ...] | None
    format: str
    concurrency: int
    catalogue: Path
    personas: Path
    prompts: Path
    runs: Path
    named: Mapping[str, ModelSettings]
    warnings: tuple[str, ...] = ()


def load(cwd: Path, environ: Mapping[str, str]) -> Settings:
    """The settings for a working directory; raises ConfigError naming file and key, or variable."""
    cwd = cwd.absolute()
    given = {name: value for name in VARIABLES if (value := environ.get(name, "").strip())}
    file = _config_file(cwd, given.get(CONFIG_VARIABLE))
    configured, folders, named = _configured(file)
    home = file.parent if file else cwd
    spoken = {key: CHECKS[key](name, given[name]) for name, key in VALUES.items() if name in given}
    values = {**configured, **spoken}
    return Settings(
        home=home,
        file=file,
        models=values.get("model", (OFFLINE,)),
        repeats=values.get("repeats", 1),
        panel=values.get("persona"),
        format=values.get("format", "terminal"),
        concurrency=values.get("concurrency", 8),
        named=named,
        warnings=_warnings(environ),
        **_folders(home, file, folders, cwd, given),
    )


def _configured(file: Path | None) -> tuple[Mapping[str, Any], Mapping[str, str], Mapping[str, ModelSettings]]:
    """What the file says: plain values, folders, models."""
    if file is None:
        return {}, {}, {}
    from panel.settings.config import read_config  # most folders have no such file

    return read_config(file)


def _config_file(cwd: Path, named: str | None) -> Path | None:
    """The panel.toml in force: the one that is named, else the nearest upwards from `cwd`, else None."""
    if named:
        path = cwd / os.path.expanduser(named)
        if not os.path.isfile(path):
            raise ConfigError(f"{CONFIG_VARIABLE}: there is no file {path}.", hint=f"Name a {CONFIG}, or unset it.")
        return path
    return next((path for place in (cwd, *cwd.parents) if os.path.isfile(path := place / CONFIG)), None)


def _folders(
    home: Path, file: Path | None, configured: Mapping[str, str], cwd: Path, given: Mapping[str, str]
) -> dict[str, Any]:
    """Every folder: from its variable (relative to `cwd`), from the file (relative to the file), or found."""
    found = {}
    for variable, name in FOLDER_VARIABLES.items():
        if variable in given:
            found[name] = folder(name, cwd / os.path.expanduser(given[variable]), variable)
        elif name in configured:
            found[name] = folder(name, home / os.path.expanduser(configured[name]), f"{file}, folders.{name}")
        else:
            found[name] = folder(name, home / name)
    return found


def _warnings(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Other programs also use the prefix PANEL_; only what looks like a slip of one of ours is worth a word."""
    odd = [name for name in environ if name.startswith("PANEL_") and name not in VARIABLES]
    if not odd:
        return ()
    from difflib import get_close_matches

    near = {name: get_close_matches(name, VARIABLES, n=1, cutoff=0.85) for name in sorted(odd)}
    return tuple(f"{name} is not a setting; did you mean {match[0]}?" for name, match in near.items() if match)
