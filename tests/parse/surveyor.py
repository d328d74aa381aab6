"""One fictional tool, one persona and the prompt that shows the one to the other: what every parse test asks."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import Any

from panel.parse import parse
from panel.records.fence import fence
from panel.records.persona import Anchors, Criterion, Persona, Question
from panel.records.prompt import Message, Prompt, PromptIds
from panel.records.reply import Finish, Reply
from panel.records.reply_schema import reply_schema
from panel.records.verdict import Verdict

ASKED_AT = dt.datetime(2026, 8, 31, 12, 0, tzinfo=dt.UTC)

FIELDS = {
    "name": "Brinefish",
    "vendor": "Tidepool Works",
    "pricing": "Free up to 5 GB a day, then $12 per node a month",
    "entry": "freemium",
    "description": (
        "Brinefish is a log store written in Rust under the Apache-2.0 licence. Version 2.4 of March 2026 keeps logs "
        "for 90 days on one node and answers SQL over HTTP. `brinefish serve` starts it; there is no configuration "
        "file. Data leaves as Parquet with one command. Clustering is “planned”, without a date — the vendor’s figure "
        "of 2 million lines a second has no stated method. Single sign-on is part of the paid plan only."
    ),
}

SYSTEM = (
    "You sit on a panel that reviews developer tools. Reply with one JSON object.\n"
    "- `review`: one paragraph of 80 to 130 words for a reader who sees nothing else.\n"
    "- `evidence`: 1 to 6 passages that carry your judgement, copied character for character."
)

ANSWER: dict[str, Any] = {
    "steering": None,
    "evidence": [
        {"quote": "answers SQL over HTTP", "side": "for", "shows": "a query language the team already knows"},
        {"quote": "Clustering is “planned”, without a date", "side": "against", "shows": "no growth past one node"},
    ],
    "not_stated": ["query latency", "backup procedure"],
    "basis": "enough",
    "answers": {
        "first_hour": "One command starts it, and no configuration file has to be written first.",
        "way_out": "Parquet export with one command; nothing proprietary in the way.",
    },
    "concerns": ["single node only", "unsourced throughput figure"],
    "doubt": None,
    "review": (
        "Brinefish keeps ninety days of logs on one machine and lets a team ask for them in SQL, which most engineers "
        "can already write. A single command starts it, so a trial costs an afternoon and not a project. The licence "
        "is permissive and the data leaves as Parquet, which makes the exit as plain as the entrance. Against it "
        "stands the missing cluster: whoever outgrows one node has a plan without a date and nothing else. The "
        "throughput figure carries no method and earns no trust. Twelve dollars a node is easy to budget, though "
        "single sign-on waits behind that price."
    ),
    "pick_if": "you keep logs of one service on one machine and want to query them in SQL",
    "walk_away_if": "you need more than one node within a year",
    "prediction": {
        "claim": "Brinefish ships clustering as a stable feature.",
        "within_months": 24,
        "wrong_if": "No stable release with clustering exists by then.",
    },
    "criteria": {"first_run": 8, "freedom": 7},
    "score": 74,
    "verdict": "ship",
}
"""A reply in which nothing is wrong."""


def anchors() -> Anchors:
    return Anchors(low="worse than nothing", middle="like most", high="better than most")


PERSONA = Persona(
    id="surveyor",
    name="Surveyor",
    motto="Where does the ground give?",
    brief="Looks for the way in and the way out.",
    voice="Plain.",
    questions=(
        Question(id="first_hour", asks="What does the first hour with it look like?"),
        Question(id="way_out", asks="How does a team get its data out again?"),
    ),
    criteria=(
        Criterion(id="first_run", name="First run", asks="How soon does it do something useful?", anchors=anchors()),
        Criterion(id="freedom", name="Freedom", asks="How easily can a team leave?", anchors=anchors()),
    ),
    never_writes=("game changer", "out of the box", "at the end of the day"),
    predicts=True,
)


def prompt_for(fields: dict[str, str]) -> Prompt:
    """The prompt that shows a tool's fields to the surveyor."""
    ids = PromptIds(tool="0" * 64, persona="1" * 64, templates="2" * 64, reply_schema="3" * 64, scale="4" * 64)
    shown = f"{fence(fields)}\n\nThe data ends here. Reply with the JSON object of your review of this tool."
    return Prompt(
        messages=(Message(role="system", content=SYSTEM), Message(role="user", content=shown)),
        reply_schema=reply_schema(PERSONA),
        schema_name="panel_review",
        ids=ids,
    )


PROMPT = prompt_for(FIELDS)


def reply_of(text: str, finish: Finish = Finish.STOP, refusal: str | None = None) -> Reply:
    return Reply(text=text, finish=finish, refusal=refusal, model_asked="test/model", asked_at=ASKED_AT)


def answer_with(**changes: Any) -> dict[str, Any]:
    """The faultless answer with some keys changed."""
    return {**copy.deepcopy(ANSWER), **changes}


def read(text: str, **reply: Any) -> Verdict:
    """The verdict on a reply's text."""
    return parse(reply_of(text, **reply), PROMPT, PERSONA)


def verdict_of(**changes: Any) -> Verdict:
    """The verdict on the faultless answer with some keys changed."""
    return read(json.dumps(answer_with(**changes), ensure_ascii=False))
