"""Seating: which seats a review has, what each is asked, and which are already answered.

In go tools, a panel and a look-up of stored answers; out come seats with their prompts and keys. Nothing is asked here;
what the questions are made of goes to disk before the first call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from panel.errors import UsageError
from panel.makings import Asked
from panel.parse import fault_of
from panel.prompts import Prompter
from panel.records.asking import LARGER_CAP
from panel.records.cap import cap_of
from panel.records.identity import KeyParts, key_parts, repeat_keys, sha
from panel.records.model import Model
from panel.records.panel import MAX_REPEATS, Panel
from panel.records.persona import Persona
from panel.records.prompt import Prompt
from panel.records.run import PlanLine, ReplyLine, Was
from panel.records.seat import SeatRecord, Slot, Variant
from panel.records.tool import Tool
from panel.records.verdict import Abstained, Verdict
from panel.store import RunWriter


class Held(Protocol):
    """By key, the record that older runs hold; with `open_round`, that rounds begun and not finished hold."""

    def __call__(self, keys: Sequence[str], *, open_round: bool = False) -> Mapping[str, SeatRecord]: ...


class Seat(NamedTuple):
    """A seat that is to be filled: its address, its question, and the record an older run holds for it, if any.

    Where a run is taken up again, `asked` is what it planned and `lines` what it has bought for the seat. `was` is the
    slot's answer of before, where its question has changed.
    """

    tool: Tool
    persona: Persona
    model: Model
    slot: Slot
    prompt: Prompt
    parts: KeyParts
    key: str
    held: SeatRecord | None = None
    asked: Asked | None = None
    lines: tuple[ReplyLine, ...] = ()
    was: Was | None = None


class Seating(NamedTuple):
    """The seats of a command, tool by tool. `anew` is whether whole panels are asked anew; `aged` names those that are
    because the model behind their alias is another one now."""

    seats: tuple[Seat, ...]
    anew: bool = False
    aged: tuple[str, ...] = ()


class _Row(NamedTuple):
    """A persona before a tool on a model, with the keys of its repeats."""

    tool: Tool
    persona: Persona
    model: Model
    prompt: Prompt
    parts: KeyParts
    keys: list[str]

    @property
    def panel(self) -> tuple[str, str]:
        """One model's panel on one tool: what is fresh or stale as a whole."""
        return self.tool.id, self.model.name

    def bought(self, known: Mapping[str, SeatRecord]) -> int:
        return sum(key in known for key in self.keys)


def seats_of(
    tools: Iterable[Tool],
    panel: Panel,
    prompter: Prompter,
    held: Held,
    *,
    again: bool = False,
    refresh: bool = False,
    retry_abstained: bool = False,
) -> Seating:
    """Every seat of the tools' reviews, with what older runs hold for it (law 11: nobody re-rolls a single seat).

    Repeats already bought count, so a seat sits at least as often as it has answered; `again` adds one repeat of every
    seat, or finishes the one begun; `refresh` asks whole panels anew, or finishes the round begun. A panel is asked
    anew as a whole where the model behind its alias is another one now; `retry_abstained` asks those seats again that
    abstained, and no other. Raises UsageError beyond the most repeats.
    """
    rows = [
        _row(tool, persona, model, prompter.prompt(tool, persona, variant=panel.variant))
        for tool in tools
        for persona in panel.personas
        for model in panel.models
    ]
    keys = [key for row in rows for key in row.keys]
    known = held(keys, open_round=False)
    panels: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        panels.setdefault(row.panel, []).append(row)
    newest = {} if refresh else _newest(known.values())
    aged = {name for name, group in panels.items() if not refresh and _aged(newest.get(name[1]), group, known)}
    begun = _begun(panels, known, keys, held, anew=refresh or bool(aged))
    bought = {**begun, **known}
    seats: list[Seat] = []
    for row in rows:
        group = panels[row.panel]
        fresh = not refresh and row.panel not in aged and any(item.bought(known) for item in group)
        answers = known if fresh else begun
        repeats = _repeats(row, group, bought, panel.repeats, again=again)
        seats += [_seat(row, repeat, panel.variant, answers, retry_abstained) for repeat in range(repeats)]
    names = tuple(f"{tool} by {model}" for tool, model in panels if (tool, model) in aged)
    return Seating(tuple(seats), refresh or bool(aged), names)


def _begun(
    panels: Mapping[tuple[str, str], Sequence[_Row]],
    known: Mapping[str, SeatRecord],
    keys: Sequence[str],
    held: Held,
    *,
    anew: bool,
) -> Mapping[str, SeatRecord]:
    """What a round that was begun and not finished holds, looked up only where it can matter."""
    unanswered = any(not any(row.bought(known) for row in group) for group in panels.values())
    return held(keys, open_round=True) if anew or unanswered else {}


def _newest(known: Iterable[SeatRecord]) -> dict[str, SeatRecord]:
    """By model, the answer that was asked for last."""
    newest: dict[str, SeatRecord] = {}
    for record in known:
        if record.model_served:
            newest[record.model.name] = max(newest.get(record.model.name, record), record, key=_asked_at)
    return newest


def _aged(newest: SeatRecord | None, group: Sequence[_Row], known: Mapping[str, SeatRecord]) -> bool:
    """Whether the newest answer seen of this model came from another one than those that answered this panel."""
    served = {record.model_served for row in group for key in row.keys if (record := known.get(key))}
    return bool(served and newest) and newest is not None and newest.model_served not in served


def _asked_at(record: SeatRecord) -> float:
    return record.asked_at.timestamp() if record.asked_at else 0.0


def _repeats(row: _Row, group: Sequence[_Row], known: Mapping[str, SeatRecord], asked: int, *, again: bool) -> int:
    """How often this seat sits: as often as asked for or bought; with `again`, as often as any of its panel, plus one
    where the panel is even."""
    if row.model.is_offline:
        return 1
    counts = [item.bought(known) for item in group]
    if not again:
        return max(asked, row.bought(known))
    wanted = max(counts) if min(counts) < max(counts) else max(counts) + 1
    if wanted > MAX_REPEATS:
        raise UsageError(
            f"every seat of {row.tool.id} has answered {MAX_REPEATS} times, which is the most.",
            hint="Leave out --again; more repeats would not change what is known.",
        )
    return max(asked, wanted)


def _seat(row: _Row, repeat: int, variant: Variant, answers: Mapping[str, SeatRecord], retry_abstained: bool) -> Seat:
    key = row.keys[repeat]
    slot = Slot(tool=row.tool.id, persona=row.persona.id, model=row.model.name, repeat=repeat, variant=variant)
    found = answers.get(key)
    if found and retry_abstained and isinstance(found.verdict, Abstained):
        found = None
    record = found.model_copy(update={"slot": slot}) if found else None
    parts = row.parts.model_copy(update={"repeat": repeat}) if repeat else row.parts
    return Seat(row.tool, row.persona, row.model, slot, row.prompt, parts, key, record)


def _row(tool: Tool, persona: Persona, model: Model, prompt: Prompt) -> _Row:
    """A question with the keys of its repeats; a model without randomness sits once."""
    parts = key_parts(model, prompt, 0)
    return _Row(tool, persona, model, prompt, parts, repeat_keys(parts, 1 if model.is_offline else MAX_REPEATS))


def write_plan(seats: Sequence[Seat], run: RunWriter, prompter: Prompter, *, more: bool = False) -> dict[str, Asked]:
    """Everything the questions are made of goes to disk before the first call; what is planned already, does not.

    With `more` to come, only the last call waits for the disk.
    """
    asked: dict[str, Asked] = {}
    shown: dict[int, str] = {}
    for seat in seats:
        slot = str(seat.slot)
        asked[slot] = seat.asked or Asked(
            _plan_line(seat, run, prompter, shown), seat.prompt, seat.persona, prompter.scale
        )
    new = [asked[str(seat.slot)].plan for seat in seats if not seat.asked]
    if new:
        run.plan(new, more=more)
    return asked


def _add_inputs(seat: Seat, run: RunWriter, prompter: Prompter) -> None:
    """What the prompt's ids stand for."""
    ids, persona, signals = seat.prompt.ids, seat.persona, seat.persona.signals
    run.keep_input("persona", ids.persona, lambda: persona.model_dump(mode="json", exclude={"signals"}))
    if seat.model.reads_local and ids.signals and signals:
        run.keep_input("signals", ids.signals, lambda: signals.model_dump(mode="json"))
    run.keep_input("templates", ids.templates, lambda: dict(prompter.templates))
    run.keep_input("scale", ids.scale, lambda: prompter.scale.model_dump(mode="json"))
    run.keep_input("reply_schema", ids.reply_schema, lambda: dict(seat.prompt.reply_schema))


def _add_message(content: str, run: RunWriter) -> str:
    found = _sha(content)
    run.keep_input("message", found, lambda: content)
    return found


_sha = lru_cache(maxsize=64)(sha)
"""For texts that come again: the static part of a persona before every tool, the description before every persona."""


def _plan_line(seat: Seat, run: RunWriter, prompter: Prompter, shown: dict[int, str]) -> PlanLine:
    """The line of a seat; `shown` remembers the hashes of tools, which stand before several seats."""
    _add_inputs(seat, run, prompter)
    if id(seat.tool) not in shown:
        shown[id(seat.tool)] = run.add_input("tool", seat.tool.model_dump(mode="json"))
    return PlanLine(
        slot=seat.slot,
        key=seat.key,
        parts=seat.parts,
        ids=seat.prompt.ids,
        model=seat.model,
        tool=shown[id(seat.tool)],
        messages=tuple(_add_message(message.content, run) for message in seat.prompt.messages),
        source="held" if seat.held else "here",
        held_by=seat.held.run_id if seat.held else None,
        was=seat.was,
    )


def asked_again(seat: Seat, prompter: Prompter, verdict: Verdict | None, why: str, cap: int | None) -> Prompt:
    """What a seat is asked after a reply that could not be used: the first prompt and what was wrong.

    With a larger cap than `cap`, or than the usual one, after a cut; and with the same one ever after.
    """
    prompt = prompter.again(seat.prompt, fault_of(verdict) if isinstance(verdict, Abstained) else "")
    if why == "cut":
        cap = LARGER_CAP * (cap or cap_of(seat.model, seat.prompt))
    return prompt.model_copy(update={"max_output_tokens": cap}) if cap else prompt


def last_cap(lines: Sequence[ReplyLine]) -> int | None:
    """The larger cap of the asking after a cut, where there was one, and ever after."""
    answered = [line for line in lines if line.reply]
    asked = [line.asked_because for line in answered]
    replies = [line.reply for line in answered[asked.index("cut") :] if line.reply] if "cut" in asked else []
    return replies[-1].attempts[-1].cap if replies and replies[-1].attempts else None
