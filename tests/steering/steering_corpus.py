"""The corpus of hostile and harmless descriptions as tools: each attack put into the honest text it stands in.

    for entry in hostile(): entry.honest, entry.attacked      # two Tools, the same but for the attack

The files say what is inserted where; what would be unreadable in a file (tag characters, base64) is made here.
"""

from __future__ import annotations

import base64
import codecs
import copy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from panel.records.fence import defuse, nonce_of
from panel.records.tool import Tool

HERE = Path(__file__).parent
ENCODERS = {
    "tags": lambda text: "".join(chr(0xE0000 + ord(char)) for char in text),
    "base64": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "hex_spaced": lambda text: text.encode().hex(" "),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "rot13": lambda text: codecs.encode(text, "rot13"),
}


class Hostile(NamedTuple):
    """One entry: the tool with and without its attack, and whether the attack can be seen by rule."""

    id: str
    technique: str
    honest: Tool
    attacked: Tool
    attack: dict[str, str]
    """What was inserted, by field."""
    seen: bool
    why: str


@cache
def bases() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "bases.yaml").read_text("utf-8"))
    return loaded


@cache
def hostile() -> tuple[Hostile, ...]:
    """Every entry of the hostile corpus, by technique."""
    return tuple(
        _entry(path.stem, raw)
        for path in sorted((HERE / "hostile").glob("*.yaml"))
        for raw in yaml.safe_load(path.read_text("utf-8"))
    )


@cache
def harmless() -> tuple[Tool, ...]:
    """Descriptions that look like steering and are none."""
    return tuple(Tool(**raw) for raw in yaml.safe_load((HERE / "harmless.yaml").read_text("utf-8")))


def _entry(technique: str, raw: dict[str, Any]) -> Hostile:
    known = {"id", "base", "padding", "insert", "seen", "why"}
    assert set(raw) <= known, raw["id"]
    honest = {"id": raw["id"], **copy.deepcopy(bases()[raw["base"]])}
    honest["description"] += _padding(raw.get("padding", 0))
    fields = Tool(**honest).fields()
    nonce = nonce_of({name: defuse(text) for name, text in fields.items()})
    attacked, attack = copy.deepcopy(honest), {}
    for part in raw["insert"]:
        text = _spelled(part).replace("%NONCE%", nonce)
        _insert(attacked, honest, part, text)
        if part["at"] != "remove":
            attack[part["field"]] = text
    return Hostile(raw["id"], technique, Tool(**honest), Tool(**attacked), attack, raw["seen"], raw.get("why", ""))


def _spelled(part: dict[str, Any]) -> str:
    """The text to insert: as written, encoded, or repeated with numbers."""
    for name, encode in ENCODERS.items():
        if name in part:
            return encode(part[name])
    if "sources" in part:
        return "\n".join(part["sources"])
    text: str = part["text"]
    if "repeat" in part:
        return "".join(
            text.replace("{n}", str(number)).replace("{d}", str(number % 10)) for number in range(part["repeat"])
        )
    return text


def _insert(attacked: dict[str, Any], honest: dict[str, Any], part: dict[str, Any], text: str) -> None:
    """Put the attack where it belongs. A field that is attacked as a whole is missing from the honest tool."""
    field, place = part["field"], part["at"]
    old: str = attacked.get(field) or ""
    if place == "remove":
        attacked.pop(field)
        honest.pop(field)
    elif "sources" in part:
        attacked[field] = [{"title": title} for title in part["sources"]]
    elif place == "instead":
        attacked[field] = text
        if field != "name":
            honest.pop(field, None)
    elif place == "start":
        attacked[field] = f"{text} {old}"
    elif place == "middle":
        first, stop, rest = old.partition(". ")
        attacked[field] = f"{first}{stop}{text} {rest}"
    else:
        assert place == "end", place
        join = " " if field == "description" or not old else ". "
        attacked[field] = f"{old}{join}{text}" if old else text


def _padding(length: int) -> str:
    """Reference lines as manuals have them, numbered so that none repeats."""
    lines, number = [], 0
    while sum(map(len, lines)) < length:
        number += 1
        lines.append(f" Setting {number} takes a whole number between {number} and {number * 16}.")
    return "".join(lines)
