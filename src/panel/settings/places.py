"""Places: where catalogue, personas, prompts and runs lie, one's own or the built-in copy.

A folder of the right name is taken for ours only when it holds what ours would hold: many projects have a `prompts/`.
"""

from __future__ import annotations

import os
from pathlib import Path

from panel.errors import ConfigError

CONFIG = "panel.toml"
RUNS = "runs"
MARKS = {
    "catalogue": (".md", ".yaml", ".yml", ".json", ".jsonl"),
    "personas": (".yaml", ".yml"),
    "prompts": (".j2",),
}
"""What at least one file of a folder ends in, if the folder is ours."""

FOLDERS = (*MARKS, RUNS)

_PACKAGE = Path(__file__).parents[1]


def folder(name: str, path: Path, named_by: str = "") -> Path:
    """The folder `name`: `path` where a setting names it, or where it looks like ours; else the built-in copy.

    `named_by` is the setting to blame in a ConfigError where the folder does not exist.
    """
    if name == RUNS:
        return path
    if named_by:
        if not os.path.isdir(path):
            raise ConfigError(
                f"{named_by}: there is no folder {path}.", hint=f"Create it, or leave the setting out: {_offer(name)}."
            )
        return path
    return path if looks_like_ours(name, path) else builtin(name)


def _offer(name: str) -> str:
    return f"without it the built-in {name} serves" if name == "catalogue" else f"without it the built-in {name} serve"


def looks_like_ours(name: str, path: Path) -> bool:
    """Whether a folder holds at least one file of the kind that ours does."""
    try:
        return any(entry.lower().endswith(MARKS[name]) for entry in os.listdir(path))
    except OSError:
        return False


def builtin(name: str) -> Path:
    """The built-in copy of catalogue, personas or prompts: inside an installed package, or beside `src/` in a checkout.

    Raises ConfigError where the installation lacks it.
    """
    packed, checkout = _PACKAGE / "_data" / name, _PACKAGE.parents[1] / name
    found = next((path for path in (packed, checkout) if looks_like_ours(name, path)), None)
    if found is None:
        raise ConfigError(f"The installation lacks its {name}: nothing at {packed}.", hint="Install panelreview again.")
    return found
