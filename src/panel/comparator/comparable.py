"""Comparable: whether scores may stand side by side. In go the columns, out come differences in words, or none.

Two reviews are comparable on a model when the same question was asked of the same model: the same voting personas as
sent, templates, reply forms, scale, parameters and variant, the same model asked and served, and the same signals where
a client reads them. The endpoint, the number of repeats, dates and categories do not decide it; the last three are
notes on the card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from panel.comparator.columns import Columns
from panel.comparator.words import joined, per_tool
from panel.records.review import Fingerprint, Review

_ASPECTS: tuple[tuple[str, Callable[[Fingerprint], dict[str, str]]], ...] = (
    ("persona text", lambda item: item.personas),
    ("reply form", lambda item: item.schemas),
    ("rubric signals", lambda item: item.signals),
    ("prompt templates", lambda item: item.templates),
    ("scale", lambda item: item.scales),
)

Prints = Sequence[tuple[Review, Fingerprint]]


def mismatches_of(columns: Columns, model: str) -> tuple[str, ...]:
    """Why the panels of one model may not stand side by side; empty where they may."""
    prints = _prints(columns, model)
    return (*_who_sat(columns, prints), *_what_was_sent(columns, prints), *_which_model(columns, prints))


def served_differ(columns: Columns, model: str) -> bool:
    """Whether servers gave another model under the same name: the one difference that asking again alone can mend.

    For every other one a seat of today's panel has a key of its own, and is held already or asked.
    """
    return bool(_served(columns, _prints(columns, model)))


def _prints(columns: Columns, model: str) -> Prints:
    return [(review, found) for review in columns.by_id if (found := review.fingerprint(model))]


def comparable_models(columns: Columns) -> frozenset[str]:
    """The models, baseline included, whose scores may stand side by side; none where no model counts for all tools."""
    models = (*columns.models, *([columns.baseline] if columns.baseline else []))
    return frozenset(model for model in models if columns.shared and not mismatches_of(columns, model))


def nothing_shared(columns: Columns) -> str:
    """Why a card has no model to compare on."""
    sat = [(columns.labels[tool], model) for model, tools in columns.left_out for tool in tools]
    return f"no model judged every tool ({per_tool(_lists(sat))})"


def _lists(sat: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    models: dict[str, list[str]] = {}
    for label, model in sat:
        models.setdefault(label, []).append(model)
    return [(label, joined(names)) for label, names in sorted(models.items())]


def _who_sat(columns: Columns, prints: Prints) -> tuple[str, ...]:
    reasons = []
    for persona in columns.voters:
        sat = [columns.label(review) for review, found in prints if persona.id in found.personas]
        if 0 < len(sat) < len(prints):
            reasons.append(f"{persona.name} sat for {joined(sat)} only")
    return tuple(reasons)


def _what_was_sent(columns: Columns, prints: Prints) -> tuple[str, ...]:
    """One reason for each thing sent that differs. A persona whose text differs is not named again for its form."""
    common = [p.id for p in columns.voters if all(p.id in found.personas for _, found in prints)]
    reasons, other_text = [], set[str]()
    for what, part in _ASPECTS:
        differ = [p for p in common if len({part(found).get(p, "") for _, found in prints}) > 1]
        if what == "persona text":
            other_text = set(differ)
        elif what == "reply form":
            differ = [p for p in differ if p not in other_text]
        if not differ:
            continue
        of = "" if len(differ) == len(common) > 1 else f" for {joined([columns.persona_name(p) for p in differ])}"
        same = [(columns.label(review), "".join(part(found).get(p, "") for p in differ)) for review, found in prints]
        reasons.append(f"the {what} differ{'' if what.endswith('s') else 's'}{of}{_sides(same)}")
    return tuple(reasons)


def _sides(values: Sequence[tuple[str, str]]) -> str:
    """Which tools go together, where more than two leave that open: " (A and C against B)"."""
    groups: dict[str, list[str]] = {}
    for label, value in values:
        groups.setdefault(value, []).append(label)
    return f" ({' against '.join(joined(labels) for labels in groups.values())})" if len(values) > 2 else ""


def _which_model(columns: Columns, prints: Prints) -> tuple[str, ...]:
    labels = [columns.label(review) for review, _ in prints]
    reasons = []
    for verb, values in (
        ("reviewed", [found.variant for _, found in prints]),
        ("asked", [found.asked for _, found in prints]),
    ):
        if len(set(values)) > 1:
            reasons.append(f"{verb} {per_tool(zip(labels, values, strict=True))}")
    if len({found.parameters for _, found in prints}) > 1:
        reasons.append(_parameters(columns, prints))
    return (*reasons, *_served(columns, prints))


def _served(columns: Columns, prints: Prints) -> tuple[str, ...]:
    """Tools whose seats are all still pending cannot differ yet."""
    answered = [
        (columns.label(review), joined(found.served) if found.served else "an unnamed model")
        for review, found in prints
        if any(seat.verdict and seat.slot.model == found.model for seat in review.seats)
    ]
    return (f"served by {per_tool(answered)}",) if len({served for _, served in answered}) > 1 else ()


def _parameters(columns: Columns, prints: Prints) -> str:
    """The parameters that differ, with their values; only that they do, where the models' records do not tell."""
    sets = [
        (columns.label(review), next(m.parameters for m in review.models if m.name == found.model))
        for review, found in prints
    ]
    names = sorted({name for _, values in sets for name in values})
    differ = [
        f"{name} {per_tool((label, str(values.get(name, 'not set'))) for label, values in sets)}"
        for name in names
        if len({str(values.get(name)) for _, values in sets}) > 1
    ]
    return f"the parameters differ: {', '.join(differ)}" if differ else "the parameters differ"
