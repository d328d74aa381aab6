"""Doubles for tests of panel and of what is built on it: small, public, strict. They fail when asked more than given.

    client = ScriptedClient("openai/test", [reply_text(persona, score=72), SeatFailed("down")])

Nothing here touches the network, the disk or the clock.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from panel.records.persona import Anchors, Criterion, Persona, Question
from panel.records.prompt import Prompt
from panel.records.reply import Finish, Reply, Usage
from panel.records.reply_schema import keys_of
from panel.records.scale import SCALE
from panel.records.tool import Entry, Tool

NOON = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)
"""When the doubles' replies are asked for."""

TOOL = Tool(
    id="alder-queue",
    name="Alder Queue",
    vendor="Alder Works",
    category="Queues",
    tagline="A job queue in one file for programs on one machine",
    pricing="Free (MIT)",
    entry=Entry.FREE,
    best_for="Teams that run one server",
    as_of=dt.date(2026, 1, 10),
    description=(
        "Alder Queue keeps jobs in one file on disk. `pip install alder` and two calls, `put` and `take`, are its "
        "whole interface. It handles 4,000 jobs a second on one core (benchmark of 3 January 2026, method in the "
        "repository) and allows one writer at a time. The file is SQLite 3 and can be read by other programs. "
        "Version 2.1 came out in December 2025; one person maintains it under the MIT licence."
    ),
)
"""A tool with enough checkable facts, whose description holds the quote that `reply_fields` cites."""


def persona(name: str = "builder", *, votes: bool = True, predicts: bool = False) -> Persona:
    """A small valid persona with two questions and four criteria."""
    anchors = Anchors(low="None of it.", middle="Some of it.", high="All of it.")
    return Persona(
        id=name,
        name=name.capitalize(),
        motto=f"What does {name} say?",
        brief=f"You judge tools as the {name} of a small team.",
        voice="Plain.",
        questions=(Question(id="first", asks="What is it?"), Question(id="second", asks="What breaks?")),
        criteria=tuple(
            Criterion(id=word, name=word.capitalize(), asks=f"Is there {word}?", anchors=anchors)
            for word in ("clarity", "proof", "price", "exit")
        ),
        never_writes=("game changer",),
        predicts=predicts,
        votes=votes,
    )


_REVIEW = (
    "For teams that need one queue on one machine, the stated limits and the file format answer most doubts before "
    "they arise. A reader learns what fails first and what to do about it, which is rare enough. Against it "
    "stands a single maintainer and an adapter that only one language has. Anyone who already runs a broker gains "
    "little, and the migration is written up only for new projects. What decides is the exit: the data lies in a "
    "format that other programs read, so a wrong choice costs a week rather than a year."
)


def reply_fields(persona: Persona, **changes: Any) -> dict[str, Any]:
    """The fields of a valid reply of this persona, ship at 72, with `changes` applied; keys in the schema's order.

    Changing `score` alone moves the criteria along, so that nothing strays.
    """
    score = changes.get("score", 72)
    tenth = max(SCALE.criterion_low, min(SCALE.criterion_high, round(score / 10))) if isinstance(score, int) else 7
    fields: dict[str, Any] = {
        "steering": None,
        "evidence": [{"quote": "one file on disk", "side": "for", "shows": "it can be copied"}],
        "not_stated": ["a support contract"],
        "basis": "enough",
        "answers": {question.id: f"A note on {question.id}." for question in persona.questions},
        "concerns": ["single maintainer"],
        "doubt": None,
        "review": _REVIEW,
        "pick_if": "you run one machine and want the data in a file",
        "walk_away_if": "you need two writers at a time",
        "prediction": None,
        "criteria": {criterion.id: tenth for criterion in persona.criteria},
        "score": score,
        "verdict": SCALE.call(score) if isinstance(score, int) else "ship",
    }
    fields.update(changes)
    return {key: fields[key] for key in keys_of(persona)}


def reply_text(persona: Persona, **changes: Any) -> str:
    """`reply_fields` as the JSON text a model would send."""
    return json.dumps(reply_fields(persona, **changes))


def reply_of(text: str, *, model: str = "test-1", finish: Finish = Finish.STOP, usage: Usage | None = None) -> Reply:
    """A Reply that holds this text, asked at `NOON`."""
    return Reply(text=text, finish=finish, usage=usage, model_asked=model, model_served=model, asked_at=NOON)


Answer = str | Reply | Exception


class ScriptedClient:
    """Answers from a script: a list in order, or a mapping by schema name (`review_builder`) with a list each.

    A str is sent as the reply's text, a Reply as it is, an exception is raised. Asking more than was given fails the
    test, and so does leaving a `with` block with answers unused.
    """

    def __init__(self, name: str, answers: Sequence[Answer] | Mapping[str, Sequence[Answer]]) -> None:
        self.name = name
        self.prompts: list[Prompt] = []
        self._queue = list(answers) if not isinstance(answers, Mapping) else []
        self._by_schema = {key: list(row) for key, row in answers.items()} if isinstance(answers, Mapping) else {}

    async def ask(self, prompt: Prompt) -> Reply:
        """The next answer of the script."""
        self.prompts.append(prompt)
        queue = self._by_schema.get(prompt.schema_name, []) if self._by_schema else self._queue
        if not queue:
            raise AssertionError(f"{self.name} was asked once more than its script holds ({prompt.schema_name})")
        answer = queue.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reply) else reply_of(answer, model=self.name)

    def __enter__(self) -> ScriptedClient:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        left = len(self._queue) + sum(len(row) for row in self._by_schema.values())
        if kind is None and left:
            raise AssertionError(f"{self.name} still holds {left} answers that nobody asked for")
