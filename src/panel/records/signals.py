"""Signals: what a client that reads no prose looks for in a description. Never sent to a model.

In go the `signals:` section of a persona file and the shared lexicon; `merge` makes one complete mapping of them, so
that a run which stores a persona stores all that the offline rubric answered from. Everything here is plain words that
a non-programmer can edit; how they are read is in `docs/offline.md`. No I/O.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from panel.errors import InputError
from panel.records.base import Record

KindId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Frame = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
"""A sentence, or part of one, with places in braces: `{name}`, `{quote}`, `{says}` and so on."""

MATCHERS = frozenset(
    {
        "adoption",
        "audience",
        "dated_facts",
        "definition",
        "example_code",
        "free_of_charge",
        "keyword_list",
        "languages",
        "last_release",
        "long_history",
        "planned",
        "platforms",
        "pre_one",
        "price",
        "recent_release",
        "sources_listed",
        "steering",
        "unsourced_figure",
        "young",
    }
)
"""Names a kind may give as `found_by`: what phrases cannot say is found in code."""


def _words(value: Any) -> Any:
    """Several names may be written as one text with spaces."""
    return tuple(value.split()) if isinstance(value, str) else value


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Kinds = Annotated[tuple[KindId, ...], BeforeValidator(_words)]
Frames = Annotated[tuple[Frame, ...], BeforeValidator(_one_or_more), Field(max_length=12)]


class Grammar(Record):
    """The words that turn a phrase round: each a list separated by commas, as kinds' phrases are."""

    denials: str
    guards: str
    no_denials: str
    trailing_denials: str
    planned: str
    reported: str
    rivals: str
    older: str
    subjects: str
    english: str


class Kind(Record):
    """A kind of signal: `phrases` (separated by commas) or a matcher in code find it.

    `negated`, `part` and `unless` name other kinds: what it becomes when denied, what it becomes when the sentence is
    about an older version or an accessory, and what cancels it within one sentence. `soft` kinds are what any
    advertisement holds, or speak of the text and not of the tool. Found fewer than `at_least` times is not found.
    """

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    side: Literal["for", "against", "none"]
    soft: bool = False
    at_least: int = Field(default=1, ge=1, le=5)
    phrases: str = ""
    found_by: KindId | None = None
    negated: KindId | None = None
    part: KindId | None = None
    unless: KindId | None = None


class Weight(Record):
    """What a kind is worth to a criterion, and what the quoted words then do: predicates such as "lowers the bill".

    In a file: `3 | first predicate | second predicate`.
    """

    points: int = Field(ge=1, le=10)
    says: tuple[Frame, ...] = Field(min_length=1, max_length=6)

    @model_validator(mode="before")
    @classmethod
    def _from_line(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        points, *says = (part.strip() for part in value.split("|"))
        if not points.isdigit() or not says:
            raise ValueError(f"{value!r} is not of the form '3 | what the quoted words do | the same in other words'")
        return {"points": int(points), "says": says}


class CriterionSignals(Record):
    """What moves one criterion. `good` and `bad` name its two ends as noun phrases; `caps` bound it from above.

    `needs` maps what a reader wants to know (a noun phrase) to the kinds that would tell it.
    """

    good: Frame
    bad: Frame
    raises: dict[KindId, Weight] = Field(default_factory=dict)
    lowers: dict[KindId, Weight] = Field(default_factory=dict)
    caps: dict[KindId, Annotated[int, Field(ge=0, le=10)]] = Field(default_factory=dict)
    needs: dict[str, Kinds] = Field(default_factory=dict)


class QuestionSignals(Record):
    """Which kinds answer a question, best first; how the note is worded; what is said where the text is silent."""

    kinds: Kinds
    note: Frames
    silent: Frame


class PredictionSignal(Record):
    """A prediction made where `kind` is found (or where no other is, if `kind` is None)."""

    kind: KindId | None = None
    claim: Frame
    within_months: Literal[12, 24, 36]
    wrong_if: Frame


class Closings(Record):
    """Last sentences by how the score fell; `close` where the margin is thin, on either side of the line."""

    high: Frames
    ship: Frames
    close_ship: Frames
    close_skip: Frames
    skip: Frames
    low: Frames


class Signals(Record):
    """Everything the offline rubric needs of a persona: its frames, its criteria, its questions, and all kinds."""

    openings: Frames
    """First sentences, with `{name}` and `{quote}`."""
    bare_openings: Frames
    """First sentences where nothing defines the tool, with `{name}`."""
    warnings: Frames
    """First sentences where a cap holds: with `{name}`, `{quote}` and `{says}`."""
    pluses: Frames
    minuses: Frames
    unsaid: Frames
    closings: Closings
    picks: Frames
    walks: Frames
    criteria: dict[KindId, CriterionSignals]
    questions: dict[KindId, QuestionSignals]
    predictions: tuple[PredictionSignal, ...] = ()
    grammar: Grammar
    kinds: dict[KindId, Kind]


def merge(signals: dict[str, Any], lexicon: dict[str, Any], *, file: str = "") -> dict[str, Any]:
    """A persona's `signals:` section completed by the lexicon, ready for `Signals.model_validate`.

    Raises InputError naming `file`, the place and the kind where a signal names a kind that the lexicon lacks.
    """
    kinds = lexicon.get("kinds") or {}
    for place, kind in _named(signals):
        if kind not in kinds:
            raise InputError.at(file, f"unknown kind of signal {kind!r}", field=place, hint=_nearest(kind, kinds))
    return {**signals, "grammar": lexicon.get("grammar"), "kinds": kinds}


def check_lexicon(lexicon: dict[str, Any], *, file: str = "") -> None:
    """Raises InputError where a kind names another kind, or a matcher, that does not exist."""
    kinds = lexicon.get("kinds") or {}
    for name, kind in kinds.items():
        for role in ("negated", "part", "unless"):
            if role in kind and kind[role] not in kinds:
                raise InputError.at(
                    file,
                    f"unknown kind of signal {kind[role]!r}",
                    field=f"kinds.{name}.{role}",
                    hint=_nearest(kind[role], kinds),
                )
        if kind.get("found_by") and kind["found_by"] not in MATCHERS:
            raise InputError.at(
                file,
                f"no code finds {kind['found_by']!r}",
                field=f"kinds.{name}.found_by",
                hint=f"One of: {', '.join(sorted(MATCHERS))}.",
            )


def _named(signals: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every kind that a persona's section names, with its place; shapes are left for validation to judge."""
    for criterion, given in _entries(signals.get("criteria")):
        for role in ("raises", "lowers", "caps"):
            for kind in given.get(role) or {}:
                yield f"signals.criteria.{criterion}.{role}", str(kind)
        for need, kinds in _items(given.get("needs")):
            for kind in _words(kinds) or ():
                yield f"signals.criteria.{criterion}.needs.{need}", str(kind)
    for question, given in _entries(signals.get("questions")):
        for kind in _words(given.get("kinds")) or ():
            yield f"signals.questions.{question}.kinds", str(kind)
    for entry in signals.get("predictions") or ():
        if isinstance(entry, dict) and entry.get("kind"):
            yield "signals.predictions", str(entry["kind"])


def _entries(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((key, given) for key, given in _items(value) if isinstance(given, dict))


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(value.items() if isinstance(value, dict) else ())


def _nearest(kind: str, kinds: dict[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(kind, kinds, n=3)
    return f"Did you mean {' or '.join(near)}?" if near else "The kinds are listed in personas/lexicon.yaml."
