"""Loading: YAML files to personas, each completed by the words that its folder's lexicon shares.

`lexicon.yaml` is no persona: it holds the kinds of signals that the offline rubric recognises. A persona without
`signals:` needs no lexicon, and the offline rubric cannot sit for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from panel.authored import Tree, check, excuse, first_of, in_order, parse_yaml, read_text
from panel.errors import InputError
from panel.records.base import Record
from panel.records.persona import Persona
from panel.records.signals import Grammar, Kind, KindId, Signals, check_lexicon, merge

LEXICON = "lexicon.yaml"
SEATING = ("builder", "skeptic", "futurist", "founder")
"""Who sits first, in this order; then whoever else votes, then who does not, by id."""

LINT = "panel personas lint tells them all."
_ID = "letters, digits, dot, dash and underscore, at most 100"
_WORD = "lower-case letters, digits and underscore, beginning with a letter"
_ENTRIES = "a list of entries that begin with - id: …"
EXPECTED = {
    "id": _ID,
    "questions": _ENTRIES,
    "questions.*": "an entry with id and asks",
    "questions.id": _WORD,
    "criteria": _ENTRIES,
    "criteria.*": "an entry with id, name, asks and anchors",
    "criteria.id": _WORD,
    "criteria.anchors": "low, middle and high",
}


class Draft(NamedTuple):
    """A persona file as read. `persona` is None exactly where there are faults."""

    tree: Tree
    persona: Persona | None
    faults: tuple[InputError, ...]


class _LexiconFile(Record):
    """What stands in `lexicon.yaml`."""

    grammar: Grammar
    kinds: dict[KindId, Kind]


Lexicon = Mapping[str, Any]


def load(path: Path) -> Persona:
    """The persona of one file, with the lexicon beside it; raises InputError with file, line, field and fix."""
    return settled(draft_of(path, lexicon_of(path.parent)))


def load_all(folder: Path) -> dict[str, Persona]:
    """Every persona of a folder by id, in seating order; raises InputError for the first file that is wrong."""
    lexicon = lexicon_of(folder)
    found: dict[str, Persona] = {}
    for path in files_of(folder):
        persona = settled(draft_of(path, lexicon))
        if persona.id in found:
            raise InputError.at(
                str(path), f"{persona.id} is also the id of another persona in {folder}", field="id", hint="Change one."
            )
        found[persona.id] = persona
    if not found:
        raise InputError.at(str(folder), "holds no persona", hint="A persona is a .yaml file; see panel personas new.")
    return {persona.id: persona for persona in seated(found.values())}


def seated(personas: Iterable[Persona]) -> list[Persona]:
    """The personas in the order in which they sit."""

    def place(persona: Persona) -> tuple[bool, int, str]:
        rank = SEATING.index(persona.id) if persona.id in SEATING else len(SEATING)
        return not persona.votes, rank, persona.id

    return sorted(personas, key=place)


def files_of(folder: Path) -> list[Path]:
    """The persona files of a folder, by name; raises InputError where it cannot be listed."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError.at(str(folder), excuse(error)) from error
    return [folder / name for name in names if _is_persona(name)]


def _is_persona(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml")) and name[0] not in "._" and name != LEXICON


def lexicon_of(folder: Path) -> Lexicon | None:
    """The lexicon of a folder, checked, or None where it has none; raises InputError."""
    path = folder / LEXICON
    if not os.path.lexists(path):
        return None
    tree = parse_yaml(read_text(path), str(path))
    lexicon, faults = check(_LexiconFile, tree, {})
    if lexicon is None:
        raise first_of(faults, LINT)
    Signals.model_rebuild()  # pydantic would build it within Persona, and once more when it is used alone
    check_lexicon(tree.value, file=str(path))
    # already records: personas that share them need not validate them again
    return {"grammar": lexicon.grammar, "kinds": lexicon.kinds}


def draft_of(path: Path, lexicon: Lexicon | None) -> Draft:
    """A file as read, with all its faults; raises InputError where it is no YAML with keys."""
    tree = parse_yaml(read_text(path), str(path))
    value = {"id": path.stem, **tree.value}
    faults: list[InputError] = []
    if isinstance(value.get("signals"), dict):
        try:
            value["signals"] = _completed(tree, lexicon)
        except InputError as error:
            faults.append(error)
            del value["signals"]
    persona, more = check(Persona, tree._replace(value=value), EXPECTED)
    return Draft(tree, None if faults else persona, in_order([*faults, *more]))


def _completed(tree: Tree, lexicon: Lexicon | None) -> dict[str, Any]:
    if lexicon is None:
        raise InputError.at(
            tree.file,
            f"names signals, and no {LEXICON} beside it says what they are",
            line=tree.line(("signals",)),
            field="signals",
            hint=f"Copy {LEXICON} into this folder (panel init DIR writes one), or remove the signals.",
        )
    try:
        return merge(tree.value["signals"], dict(lexicon), file=tree.file)
    except InputError as error:
        field = error.field or "signals"
        line = tree.line(tuple(field.split(".")))
        raise InputError.at(tree.file, error.what, line=line, field=field, hint=error.hint) from error


def settled(draft: Draft) -> Persona:
    """The draft's persona; raises its first fault."""
    if draft.persona is None:
        raise first_of(draft.faults, LINT)
    return draft.persona
