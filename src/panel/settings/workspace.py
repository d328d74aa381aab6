"""Workspace: lay out a working folder of one's own, with everything that is built in copied for editing.

    DIR/panel.toml    DIR/personas/    DIR/prompts/    DIR/catalogue/ (two tools as examples)

Overwrites nothing, and leaves nothing half-made behind.
"""

from __future__ import annotations

import os
from pathlib import Path

from panel.errors import UsageError
from panel.settings.places import CONFIG, MARKS, builtin

EXAMPLES = ("sqlite.md", "duckdb.md")
"""The tools of the built-in catalogue that a new folder begins with."""

STARTER_CONFIG = """\
# Settings of this folder, for commands run inside it. A flag goes before a PANEL_* variable, a variable before this
# file. Every line may be left out: the values shown are the defaults.

# Who answers: "offline" (a rubric in code, no language model), "openai/MODEL", "mistral/MODEL", or a name from below.
# Several models each review everything: ["openai/…", "mistral/…"].
model = "offline"

# How often every seat is asked. More repeats show how stable a verdict is, and cost as many times more.
repeats = 1

# Who is invited, by id. Left out, everyone in personas/ that votes.
# persona = ["builder", "skeptic", "futurist", "founder"]

# What is printed: terminal, markdown, html or json.
format = "terminal"

# How many calls may be under way at one address.
concurrency = 8

# Where things lie, relative to this file.
[folders]
catalogue = "catalogue"
personas = "personas"
prompts = "prompts"
runs = "runs"

# A model under a name of your own, for --model NAME. Keys never stand here: key_variable names the environment
# variable that holds the key.
# [models.local]
# provider = "compatible"                  # or openai, mistral, ollama, vllm, llamacpp
# model = "qwen3-14b"
# base_url = "http://localhost:8080/v1"
# key_variable = "LOCAL_API_KEY"           # left out where the server wants no key
# parameters = { temperature = 0.7 }
# price = { input = "0.10", output = "0.40" }   # US dollars per million tokens; 0 for a server of your own
"""


def starter(target: Path) -> list[Path]:
    """Lay out `target` and return the files written, in order.

    Raises UsageError naming the files that stand in the way, or why the folder cannot be written.
    """
    files = {target / name: data for name, data in _contents().items()}
    in_the_way = [str(path) for path in files if os.path.lexists(path)]
    if in_the_way:
        shown = ", ".join(in_the_way[:4]) + (f" and {len(in_the_way) - 4} more" if len(in_the_way) > 4 else "")
        verb = "exists" if len(in_the_way) == 1 else "exist"
        raise UsageError(f"{shown} {verb} already; nothing was written.", hint="Name another folder, or move it away.")
    made: list[Path] = []
    try:
        for path, data in files.items():
            _write(path, data, made)
    except OSError as error:
        _undo(made)
        raise UsageError(
            f"Cannot lay out {target}: {error.strerror or error} ({error.filename}).",
            hint="Name a folder that you may write to.",
        ) from error
    return list(files)


def _contents() -> dict[str, bytes]:
    """Every file of a new working folder, by its path within it."""
    contents = {CONFIG: STARTER_CONFIG.encode()}
    for name, suffixes in MARKS.items():
        for path in sorted(builtin(name).iterdir()):
            wanted = path.name in EXAMPLES if name == "catalogue" else path.name.endswith(suffixes)
            if wanted:
                contents[f"{name}/{path.name}"] = path.read_bytes()
    return contents


def _write(path: Path, data: bytes, made: list[Path]) -> None:
    """Write one new file; `made` notes it, and each folder created for it, in order."""
    for place in reversed((path.parent, *path.parent.parents)):
        if not place.exists():
            place.mkdir()
            made.append(place)
    with open(path, "xb") as stream:
        made.append(path)
        stream.write(data)


def _undo(made: list[Path]) -> None:
    for path in reversed(made):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
