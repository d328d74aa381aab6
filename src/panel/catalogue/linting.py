"""Linting: everything about an entry that a person should mend, with the file, the line, the field and the fix.

An error makes an entry unusable. A warning says what will make its reviews worse: a thin description is scored low
whatever the tool is worth, and a fact without a source or a date cannot be checked. The day is handed in.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from panel.authored import MOST_TOLD, hidden_characters, nearest
from panel.catalogue.draft import Draft
from panel.catalogue.folder import BULK, drafts, is_entry, listing
from panel.catalogue.reading import ENTRY_SUFFIXES
from panel.errors import InputError
from panel.records.facts import FLOOR, checkable_facts
from panel.records.finding import Finding
from panel.records.tool import Entry, Source, Tool

FEWEST_WORDS, MOST_WORDS = 150, 300
"""Outside these a description is thin, or longer than its facts need."""

OLDEST_DAYS = 365
"""Facts older than this are no longer facts about the tool."""

_AMOUNT = re.compile(r"[$€£¥]\s?\d[\d.,]*|\b\d[\d.,]*\s?(?:USD|EUR|GBP|CHF|dollars?|euros?|cents?)\b", re.IGNORECASE)
_FREE = re.compile(r"\b(?:free|no charge|no cost|gratis)\b(?!\s+(?:trial|tier|plan|credits?|quota))", re.IGNORECASE)


def lint(path: Path, today: dt.date) -> list[Finding]:
    """All findings of a folder, a .jsonl file or one file, in reading order. What cannot be read is a finding too."""
    try:
        findings = list(_strays(path))
    except InputError as error:
        return [Finding.of(error)]
    read: list[Draft] = []
    for draft in drafts(path):
        if isinstance(draft, InputError):
            findings.append(Finding.of(draft))
        else:
            read.append(draft)
            findings += _of_entry(draft, today)
    if path.is_dir() and not read and not findings:
        findings.append(Finding.of(InputError.at(str(path), "holds no tool", hint=f"Add a file such as {path}/uv.md.")))
    return findings + _across(read)


def _strays(path: Path) -> Iterator[Finding]:
    for other in listing(path) if path.is_dir() else ():
        if not is_entry(other):
            kind = "folders" if other.is_dir() else f"files ending in {other.suffix or 'nothing'}"
            yield Finding(
                level="warning",
                file=str(other),
                message=f"is not read: {kind} are no entries",
                fix=f"Entries end in {', '.join((*ENTRY_SUFFIXES, BULK))} and lie directly in the folder.",
            )


def _of_entry(draft: Draft, today: dt.date) -> Iterator[Finding]:
    yield from (Finding.of(fault) for fault in draft.faults)
    yield from _unknown_keys(draft)
    if draft.tool is None:
        return
    yield from _hidden(draft, draft.tool)
    if draft.plain:
        yield _warning(
            draft, None, "has no front matter, so no vendor, price, date or source", "Add fields between ---."
        )
        return
    yield from _identity(draft, draft.tool)
    yield from _substance(draft, draft.tool)
    yield from _dates(draft, draft.tool, today)
    yield from _offer(draft, draft.tool)


def _warning(draft: Draft, field: str | None, message: str, fix: str, line: int | None = None) -> Finding:
    at = line or (draft.tree.line((field,)) if field else None)
    return Finding(level="warning", file=draft.tree.file, line=at, field=field, message=message, fix=fix)


def _unknown_keys(draft: Draft) -> Iterator[Finding]:
    for where in draft.unknown[:MOST_TOLD]:
        known = Tool.model_fields if len(where) == 1 else Source.model_fields
        near = nearest(str(where[-1]), known, 1)
        fix = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."
        yield _warning(draft, str(where[-1]), "is not a known key and is not read", fix, draft.tree.line(where))


def _hidden(draft: Draft, tool: Tool) -> Iterator[Finding]:
    for field, text in tool.fields().items():
        for found in hidden_characters(text):
            start = draft.tree.line((field,))
            line = start + found.line - 1 if start and field == "description" else start
            message = f"holds a hidden character, {found.name}"
            yield _warning(draft, field, message, "Delete it, unless it is meant.", line)


def _identity(draft: Draft, tool: Tool) -> Iterator[Finding]:
    path = Path(draft.tree.file)
    if tool.id != path.stem and path.suffix.lower() != BULK:
        yield _warning(draft, "id", f"is {tool.id}, and the file is named {path.stem}", "Make them the same.")


def _substance(draft: Draft, tool: Tool) -> Iterator[Finding]:
    words = len(tool.description.split())
    if words < FEWEST_WORDS:
        fix = f"Write {FEWEST_WORDS} to {MOST_WORDS} words of facts: what it is, does, costs and cannot do."
        yield _warning(draft, "description", f"has {_count(words, 'word')}; thin descriptions are scored low", fix)
    elif words > MOST_WORDS:
        fix = f"Keep the {MOST_WORDS} words that a buyer would check."
        yield _warning(draft, "description", f"has {words} words; what matters is easier to miss", fix)
    facts = len(checkable_facts(tool.description))
    if facts < FLOOR:
        fix = "Add versions, limits, prices, dates and names."
        yield _warning(
            draft, "description", f"holds {_count(facts, 'checkable fact')}; under {FLOOR} no badge is given", fix
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _dates(draft: Draft, tool: Tool, today: dt.date) -> Iterator[Finding]:
    if tool.as_of is None:
        yield _warning(draft, "as_of", "is missing", "Add the day up to which the facts are meant: as_of: YYYY-MM-DD")
    elif tool.as_of > today:
        yield _warning(draft, "as_of", f"lies in the future ({tool.as_of})", f"Today is {today}.")
    elif (age := (today - tool.as_of).days) > OLDEST_DAYS:
        yield _warning(draft, "as_of", f"is {age:,} days old", "Check the facts again and move the date.")
    if not tool.sources:
        yield _warning(draft, "sources", "is missing", "Name where the facts come from: title, and url and date.")


def _offer(draft: Draft, tool: Tool) -> Iterator[Finding]:
    if tool.pricing is None:
        yield _warning(draft, "pricing", "is missing", "Say what it costs, or that the price is not published.")
    if tool.entry is Entry.UNKNOWN:
        yield _warning(draft, "entry", "is unknown", "Say what it costs to begin: free, freemium or paid.")
    if tool.best_for and tool.tagline and _plain(tool.best_for) == _plain(tool.tagline):
        yield _warning(draft, "best_for", "repeats the tagline", "Name who should use it, not what it is.")
    price = tool.pricing or ""
    amount = next((found[0] for found in _AMOUNT.finditer(price) if re.search("[1-9]", found[0])), None)
    if tool.entry is Entry.FREE and amount:
        yield _warning(draft, "entry", f"is free, and pricing names an amount ({amount})", "Perhaps freemium or paid?")
    if tool.entry is Entry.PAID and not amount and (free := _FREE.search(price)):
        yield _warning(draft, "entry", f"is paid, and pricing says {free[0]!r}", "Perhaps free or freemium?")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _across(read: Sequence[Draft]) -> list[Finding]:
    """What is wrong between entries: an id used twice, and one product described twice."""
    findings: list[Finding] = []
    ids: dict[str, str] = {}
    products: dict[tuple[str, str], str] = {}
    tools = [(draft, draft.tool) for draft in read if draft.tool]
    for draft, tool in tools:
        first = ids.setdefault(tool.id, _where(draft))
        product = products.setdefault((_plain(tool.name), _plain(tool.vendor or "")), _where(draft))
        if first != _where(draft):
            error = InputError.at(
                draft.tree.file,
                f"{tool.id} is also the id of {first}",
                hint="Give one of them another id.",
                line=draft.tree.line(("id",)),
                field="id",
            )
            findings.append(Finding.of(error))
        elif product != _where(draft):
            message = f"describes {tool.name} of the same vendor as {product}"
            findings.append(_warning(draft, "name", message, "Keep one, or say in the name which version each is."))
    for draft, tool in tools:
        for old in (old for old in tool.formerly if old in ids):
            message = f"{old} is now the id of {ids[old]}, which is found first"
            findings.append(_warning(draft, "formerly", message, "Remove it here or rename the other."))
    return findings


def _where(draft: Draft) -> str:
    line = draft.tree.lines.get(()) if draft.tree.file.endswith(BULK) else None
    return f"{draft.tree.file}, line {line}" if line else draft.tree.file
