"""Small tools, seats and reviews for any test: `make_tool`, `make_seat`, `make_review`. Nothing is read or asked.

    review = make_review("alder", {"builder": 80, "skeptic": [55, 62, 70], "founder": REFUSED, "futurist": None})

A whole number is a scored seat, a list one seat for each repeat, an AbstainReason an abstention, None a pending seat.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from panel.records.identity import KeyParts, key_of, sha
from panel.records.makers import maker_of
from panel.records.model import Model
from panel.records.prompt import PromptIds
from panel.records.reply import Cost
from panel.records.review import PersonaName, Review, review_of
from panel.records.scale import SCALE
from panel.records.seat import SeatRecord, Slot
from panel.records.tool import Tool
from panel.records.verdict import Abstained, AbstainReason, Quote, Scored

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
RUN = "20261120-120000-a3f9c2"
PANEL = ("builder", "skeptic", "futurist", "founder")
MODEL = "openai/gpt-x"
OTHER = "mistral/large-y"
OFFLINE = "offline"
FACTS = (
    "A queue server written in Rust, first released in 2019 and now at version 4.2.1 under the Apache-2.0 licence. It "
    "runs on Linux and macOS, needs PostgreSQL 14 or later, holds up to 50,000 jobs and answers within 12 ms at 2,000 "
    "requests per second on the vendor's own machine. The hosted plan costs $29 per month for 3 users; self-hosting is "
    "free. Clients exist for Python, Go and TypeScript. Backups are taken every 6 hours and kept for 14 days."
)

Told = int | AbstainReason | None
"""What becomes of one seat: its score, why it abstained, or still pending."""


def make_tool(tool: str = "alder", **fields: Any) -> Tool:
    """A tool with facts enough to be judged; its name is its id with a capital."""
    given = {"id": tool, "name": tool.capitalize(), "description": FACTS, "vendor": "Acme"}
    return Tool(**(given | fields))


def make_model(name: str = MODEL, **fields: Any) -> Model:
    """A model by the name a user types; `offline` is the rubric in code."""
    provider, _, model = name.partition("/")
    given = {
        "name": name,
        "provider": provider,
        "model": model or f"{name}-1",
        "endpoint": provider,
        "maker": maker_of(name),
        "reads_local": provider == OFFLINE,
    }
    return Model(**(given | fields))


def make_scored(score: int = 70, **fields: Any) -> Scored:
    """A complete valid verdict whose call agrees with its score."""
    given = {
        "steering": None,
        "evidence": (Quote(quote="first released in 2019", side="for", shows="age", found_in="description"),),
        "not_stated": (),
        "basis": "enough",
        "answers": {"primitive": "A queue."},
        "concerns": (),
        "doubt": None,
        "review": "It is a queue. It keeps what it says.",
        "pick_if": "you want a queue",
        "walk_away_if": "you want a stream",
        "criteria": {"first_run": score // 10, "clarity": score // 10},
        "score": score,
        "call": SCALE.call(score),
    }
    return Scored(**(given | fields))


def make_seat(
    told: Told = 70,
    *,
    tool: str = "alder",
    persona: str = "builder",
    model: str | Model = MODEL,
    repeat: int = 0,
    variant: str = "open",
    served: str | None = "as asked",
    usd: Decimal | None = Decimal("0.01"),
    ids: Mapping[str, str] | None = None,
    says: Mapping[str, Any] | None = None,
    **fields: Any,
) -> SeatRecord:
    """One seat. `ids` names other things that its prompt was made of ({"persona": "new text"}), `says` fields of its
    verdict, `fields` of its record.
    """
    who = model if isinstance(model, Model) else make_model(model)
    made = {name: sha(name) for name in ("templates", "reply_schema", "scale")}
    made |= {"tool": sha(tool), "persona": sha(f"persona {persona}"), "signals": sha(f"signals {persona}")}
    made |= {name: sha(text) for name, text in (ids or {}).items()}
    parts = KeyParts(
        endpoint=sha(who.endpoint),
        model=sha(who.model),
        parameters=sha(dict(who.parameters)),
        prompt=sha(f"{sorted(made.items())}"),
        reply_schema=made["reply_schema"],
        repeat=repeat,
        local=made["signals"] if who.reads_local else None,
    )
    verdict: Scored | Abstained | None = None
    if isinstance(told, AbstainReason):
        verdict = Abstained(reason=told, **(says or {}))
    elif told is not None:
        verdict = make_scored(told, **(says or {}))
    given: dict[str, Any] = {
        "run_id": RUN,
        "slot": Slot(tool=tool, persona=persona, model=who.name, repeat=repeat, variant=variant),
        "key": key_of(parts),
        "parts": parts,
        "ids": PromptIds(**made),
        "model": who,
        "model_served": (who.model if served == "as asked" else served) if verdict else None,
        "asked_at": NOON if verdict else None,
        "cost": Cost(usd=usd, source="test") if verdict else Cost(),
        "verdict": verdict,
        "pending": None if verdict else "not asked yet",
    }
    return SeatRecord(**(given | fields))


def make_names(personas: Sequence[str] = PANEL) -> tuple[PersonaName, ...]:
    """Personas by name; `control` has no vote."""
    return tuple(PersonaName(id=item, name=item.capitalize(), votes=item != "control") for item in personas)


def make_review(
    tool: str | Tool = "alder",
    told: Mapping[str, Told | Sequence[Told]] | Sequence[Told] = (80, 70, 75, 65),
    *,
    models: Mapping[str, Mapping[str, Told | Sequence[Told]]] | None = None,
    model: str | Model = MODEL,
    says: Mapping[str, Mapping[str, Any]] | None = None,
    **seat: Any,
) -> Review:
    """A review of what each persona told; a bare sequence is the four of the panel in order.

    `models` gives one such mapping per model instead of `told` and `model`; `says` fields of the verdicts by persona;
    `seat` is passed to every `make_seat`.
    """
    of = tool if isinstance(tool, Tool) else make_tool(tool)
    single = told if isinstance(told, Mapping) else dict(zip(PANEL, told, strict=False))
    panels = [(make_model(name), panel) for name, panel in models.items()] if models else [(model, single)]
    seats = [
        make_seat(
            what,
            tool=of.id,
            persona=persona,
            model=who,
            repeat=repeat,
            says=(says or {}).get(persona) if isinstance(what, int) else None,
            **seat,
        )
        for who, panel in panels
        for persona, whats in panel.items()
        for repeat, what in enumerate(whats if isinstance(whats, (list, tuple)) else [whats])
    ]
    order = list(dict.fromkeys(persona for _, panel in panels for persona in panel))
    return review_of(of, make_names(order), seats)
