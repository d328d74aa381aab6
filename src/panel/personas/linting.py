"""Linting: everything about a persona that a person should mend, with the file, the line, the field and the fix.

An error makes a file unusable. A warning says what will make its reviews worse: anchors without contrast give scores
without meaning, a fixed opening makes every review begin alike, and a brief that uses the banned words teaches them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from panel.authored import Where, field_name, hidden_characters
from panel.errors import InputError
from panel.personas.loading import Draft, draft_of, files_of, lexicon_of
from panel.personas.skeleton import FILL_IN, blanks, texts
from panel.records.finding import Finding
from panel.records.persona import Persona
from panel.records.vote import QUORUM

CRITERIA = 4
"""What the score is the mean of: fewer make it coarse, more make it vague."""

FEWEST_BRIEF_WORDS = 40
FEWEST_QUESTION_WORDS = 4
MOST_CHARACTERS = 6000
"""Of what is sent; about 1,500 tokens that every seat of the persona pays for."""

ALIKE = 0.8
"""Anchors that share this much of their words say the same."""

_SAID = ("motto", "brief", "questions", "criteria", "excited_by")
"""Where a persona speaks as it should; the voice and the dislikes may name what to avoid."""
_INSTRUCTED = ("brief", "voice", "questions")

_OPENING = re.compile(
    r"(?<!never )(?<!not )(?<!n't )\b(?:begin|start|open)\s+"
    r"(?:(?:(?:your|the|each|every|a)\s+)?(?:review|answer|text|note|paragraph|sentence|verdict)\s+)?(?:with|by)\b"
    r"|\b(?:first|opening)\s+(?:sentence|line|words?)\s+(?:must|should|is|are|always|reads?|names?)\b",
    re.IGNORECASE,
)


def lint(path: Path) -> list[Finding]:
    """All findings of one file or of a folder, file by file. What cannot be read is a finding too."""
    try:
        paths = files_of(path) if path.is_dir() else [path]
        lexicon = lexicon_of(path if path.is_dir() else path.parent)
    except InputError as error:
        return [Finding.of(error)]
    findings: list[Finding] = []
    read: list[Draft] = []
    for file in paths:
        try:
            draft = draft_of(file, lexicon)
        except InputError as error:
            findings.append(Finding.of(error))
            continue
        read.append(draft)
        findings += _of_file(draft)
    return findings + (list(_across(path, read)) if path.is_dir() else [])


def _of_file(draft: Draft) -> Iterator[Finding]:
    yield from (Finding.of(fault) for fault in draft.faults)
    yield from _hidden(draft)
    if draft.persona is None:
        return
    yield from _identity(draft, draft.persona)
    if empty := list(blanks(draft.tree.value)):
        message = f"{len(empty)} texts are not filled in yet; this is the first"
        yield _warning(draft, empty[0], message, f"Replace what begins with {FILL_IN!r}, or delete the entry.")
        return
    yield from _questions(draft, draft.persona)
    yield from _criteria(draft, draft.persona)
    yield from _wording(draft, draft.persona)
    yield from _size(draft, draft.persona)
    yield from _signals(draft, draft.persona)


def _warning(draft: Draft, where: Where, message: str, fix: str) -> Finding:
    line, field = draft.tree.line(where), field_name(where) or None
    return Finding(level="warning", file=draft.tree.file, line=line, field=field, message=message, fix=fix)


def _hidden(draft: Draft) -> Iterator[Finding]:
    for where, text in texts(draft.tree.value):
        for found in hidden_characters(text):
            yield _warning(draft, where, f"holds a hidden character, {found.name}", "Delete it, unless it is meant.")


def _identity(draft: Draft, persona: Persona) -> Iterator[Finding]:
    stem = Path(draft.tree.file).stem
    if persona.id != stem:
        yield _warning(draft, ("id",), f"is {persona.id}, and the file is named {stem}", "Make them the same.")


def _questions(draft: Draft, persona: Persona) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for index, question in enumerate(persona.questions):
        where: Where = ("questions", index, "asks")
        if len(question.asks.split()) < FEWEST_QUESTION_WORDS:
            yield _warning(draft, where, f"asks too little: {question.asks!r}", "Say what the note must tell a reader.")
        other = seen.setdefault(_plain(question.asks), question.id)
        if other != question.id:
            yield _warning(draft, where, f"asks the same as {other}", "Ask something else, or delete one.")


def _criteria(draft: Draft, persona: Persona) -> Iterator[Finding]:
    if len(persona.criteria) != CRITERIA:
        message = f"has {len(persona.criteria)} criteria; reviews are made for {CRITERIA}"
        yield _warning(draft, ("criteria",), message, f"Keep the {CRITERIA} that can fail apart from one another.")
    for index, criterion in enumerate(persona.criteria):
        anchors = criterion.anchors
        pairs = (("low", anchors.low), ("middle", anchors.middle)), (("middle", anchors.middle), ("high", anchors.high))
        for (one, text), (other, against) in (*pairs, (("low", anchors.low), ("high", anchors.high))):
            if _alike(text, against):
                message = f"{one} and {other} say nearly the same"
                fix = "Say what a reader would see in the one and not in the other."
                yield _warning(draft, ("criteria", index, "anchors", other), message, fix)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _alike(one: str, other: str) -> bool:
    words, others = set(_plain(one).split()), set(_plain(other).split())
    return len(words & others) >= ALIKE * len(words | others)


def _wording(draft: Draft, persona: Persona) -> Iterator[Finding]:
    if (count := len(persona.brief.split())) < FEWEST_BRIEF_WORDS:
        fix = f"Write at least {FEWEST_BRIEF_WORDS}: who it is, what it looks for, what it trusts."
        yield _warning(draft, ("brief",), f"has {count} words", fix)
    for where, text in texts(draft.tree.value):
        if where[0] in _SAID:
            yield from _banned(draft, persona, where, text)
        if where[0] in _INSTRUCTED and (found := _OPENING.search(text)):
            fix = "Ask for the move and not for its place; fixed openings make all reviews alike."
            yield _warning(draft, where, f"fixes how a review opens ({' '.join(found[0].split())!r})", fix)
    for field in ("excited_by", "tired_of", "never_writes"):
        if persona.votes and not getattr(persona, field):
            yield _warning(draft, (field,), "is empty", "A few entries make it easier to tell from the others.")


def _banned(draft: Draft, persona: Persona, where: Where, text: str) -> Iterator[Finding]:
    words = f" {_plain(text)} "
    for phrase in persona.never_writes:
        if f" {_plain(phrase)} " in words:
            fix = "Say it in other words here, or take it off never_writes."
            yield _warning(draft, where, f"uses {phrase!r}, which the persona never writes", fix)


def _size(draft: Draft, persona: Persona) -> Iterator[Finding]:
    size = sum(len(text) for _, text in texts(draft.tree.value))
    if size > MOST_CHARACTERS:
        message = f"has {size:,} characters that every review pays for; {MOST_CHARACTERS:,} are plenty"
        yield _warning(draft, (), message, "Shorten the brief, the voice and the anchors.")


def _signals(draft: Draft, persona: Persona) -> Iterator[Finding]:
    signals = persona.signals
    if signals is None:
        yield _warning(draft, ("signals",), "is missing: the offline rubric cannot sit for it", "See docs/personas.md.")
        return
    for kind, wanted, given in (
        ("criteria", [criterion.id for criterion in persona.criteria], signals.criteria),
        ("questions", [question.id for question in persona.questions], signals.questions),
    ):
        for name in (name for name in wanted if name not in given):
            message = f"says nothing of {name}; the offline rubric takes it as not stated"
            yield _warning(draft, ("signals", kind), message, f"Add {name}: …")
        for name in (name for name in given if name not in wanted):
            noun = "criterion" if kind == "criteria" else "question"
            message = f"is for no {noun} of this persona"
            yield _warning(draft, ("signals", kind, name), message, f"Known here: {', '.join(wanted)}.")


def _across(folder: Path, read: Sequence[Draft]) -> Iterator[Finding]:
    """What is wrong between the personas of a folder."""
    seated = [(draft, draft.persona) for draft in read if draft.persona]
    ids: dict[str, str] = {}
    for draft, persona in seated:
        first = ids.setdefault(persona.id, draft.tree.file)
        if first != draft.tree.file:
            line = draft.tree.line(("id",))
            error = InputError.at(
                draft.tree.file, f"{persona.id} is also the id of {first}", line=line, field="id", hint="Change one."
            )
            yield Finding.of(error)
    voting = [(draft, persona) for draft, persona in seated if persona.votes]
    yield from _shared_criteria(voting)
    if len(voting) < QUORUM:
        message = f"holds {len(voting)} personas that vote; a badge takes {QUORUM}"
        fix = "Add one: panel personas new ID"
        yield Finding(level="warning", file=str(folder), message=message, fix=fix)


def _shared_criteria(voting: Sequence[tuple[Draft, Persona]]) -> Iterator[Finding]:
    """Two personas that score the same thing are one opinion counted twice; one id for two things misleads analysts."""
    asked: dict[str, str] = {}
    ids: dict[str, str] = {}
    for draft, persona in voting:
        for index, criterion in enumerate(persona.criteria):
            same = asked.setdefault(_plain(criterion.asks), persona.id)
            if same != persona.id:
                where: Where = ("criteria", index, "asks")
                yield _warning(draft, where, f"asks in the words of {same}", "Ask what only this persona would.")
            owner = ids.setdefault(criterion.id, persona.id)
            if owner not in {persona.id, same}:
                message = f"{criterion.id} is also a criterion of {owner}, which means another thing by it"
                yield _warning(draft, ("criteria", index, "id"), message, "Give it an id of its own.")
