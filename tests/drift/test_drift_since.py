"""What a run over a catalogue changed: its view against what stood when it was planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from builders import FACTS, NOON, PANEL, make_model, make_tool
from drift.conftest import NEW, OLD, Keep, bought, lay, panel_of, planned, short
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.drift import Asked, drift_between, drift_since
from panel.errors import UsageError
from panel.records.cause import Cause
from panel.records.drift import Drift
from panel.records.identity import sha
from panel.records.run import Manifest, PlanLine, ShortLine
from panel.records.seat import SeatRecord
from panel.records.verdict import AbstainReason
from panel.records.vote import Badge
from panel.store import Runs

CHANGED = {"tool": "another text"}
THIN = "It is simply the best there is."

Lines = list[PlanLine | ShortLine]


def since(runs: Runs, run: str = NEW, **asked: Any) -> Drift:
    return drift_since(runs, runs.open(run), Asked(**asked))


def asked_anew(old: Sequence[SeatRecord], new: Sequence[SeatRecord]) -> Lines:
    return [planned(seat, "here", was=was) for was, seat in zip(old, new, strict=True)]


def test_a_tool_asked_anew_is_compared_and_a_fresh_one_counted(runs: Runs, keep: Keep) -> None:
    fresh, old = panel_of(OLD, [80, 80, 80, 40], tool="birch"), panel_of(OLD, [80, 80, 80, 40])
    new = panel_of(NEW, [80, 80, 20, 40], ids=CHANGED)
    keep(OLD, [*old, *fresh])
    lay(runs, NEW, [*asked_anew(old, new), *(short(seat, OLD) for seat in fresh)], new)
    drift = since(runs)
    assert (drift.paired, drift.same_answer, drift.flipped, drift.badges_paired) == (8, 4, 1, 2)
    assert [(flip.tool, flip.persona, flip.causes) for flip in drift.flips] == [("alder", "futurist", (Cause.TOOL,))]
    assert [(flip.tool, flip.before, flip.after) for flip in drift.badge_flips] == [("alder", Badge.SHIP, Badge.MIXED)]
    assert (drift.before.seats, drift.after.seats) == (8, 8)


def test_the_sides_are_told_apart(runs: Runs, keep: Keep) -> None:
    """Both bear the id of the run; the one before says that it is not what the run shows."""
    old, new = panel_of(OLD, [80] * 4), panel_of(NEW, [20] * 4, ids=CHANGED)
    keep(OLD, old)
    lay(runs, NEW, asked_anew(old, new), new)
    drift = since(runs)
    assert (drift.before.run, drift.before.stood_before) == (NEW, True)
    assert (drift.after.run, drift.after.stood_before) == (NEW, False)
    assert drift.warnings == ()


def test_a_tool_without_a_panel_before_is_new(runs: Runs, keep: Keep) -> None:
    old, new = panel_of(OLD, [80] * 4), panel_of(NEW, [80] * 4, tool="birch")
    keep(OLD, old)
    lay(runs, NEW, [*(short(seat, OLD) for seat in old), *(planned(seat, "here") for seat in new)], new)
    drift = since(runs)
    assert (drift.only_after.tools, drift.only_after.votes, drift.only_before.seats) == (("birch",), 4, 0)
    assert (drift.paired, drift.flipped) == (4, 0)


def test_before_the_first_run_nothing_stood(runs: Runs) -> None:
    new = panel_of(NEW, [80] * 4)
    lay(runs, NEW, [planned(seat, "here") for seat in new], new)
    drift = since(runs)
    assert (drift.before.seats, drift.before.tools, drift.paired, drift.only_after.seats) == (0, 0, 0, 4)


def test_a_panel_that_is_not_complete_changed_nothing_yet(runs: Runs, keep: Keep) -> None:
    """What was in view stays in view, and so is the very same on both sides."""
    old, new = panel_of(OLD, [80] * 4), panel_of(NEW, [20, 20, 20, None], ids=CHANGED)
    keep(OLD, old)
    lay(runs, NEW, asked_anew(old, new), new)
    drift = since(runs)
    assert (drift.paired, drift.same_answer, drift.flipped, drift.after.pending) == (4, 4, 0, 0)


def test_a_persona_that_was_added_stands_after_only(runs: Runs, keep: Keep) -> None:
    old, new = panel_of(OLD, [80] * 4), bought(NEW, 20, persona="critic")
    keep(OLD, old)
    lay(runs, NEW, [*(short(seat, OLD, was=seat) for seat in old), planned(new, "here")], [new])
    drift = since(runs)
    assert (drift.paired, drift.same_answer, drift.only_after.personas) == (4, 4, ("critic",))
    assert [flip.same_panel for flip in drift.badge_flips] == []


def test_the_text_of_before_is_judged_by_its_own_facts(runs: Runs, keep: Keep) -> None:
    """Law 7: found by the hash of what was shown, in whichever run holds it; the run that asks holds the other text."""
    old, new = _shown(panel_of(OLD, [80] * 4), FACTS), _shown(panel_of(NEW, [80] * 4), THIN)
    keep(OLD, old)
    lay(runs, NEW, asked_anew(old, new), new, {"alder": THIN})
    assert [(flip.before, flip.after) for flip in since(runs).badge_flips] == [(Badge.SHIP, Badge.NOT_ENOUGH)]


def _shown(seats: Sequence[SeatRecord], description: str) -> list[SeatRecord]:
    """The seats as shown this description of their tool."""
    shown = sha(make_tool("alder", description=description).fields())
    return [seat.model_copy(update={"ids": seat.ids.model_copy(update={"tool": shown})}) for seat in seats]


def test_an_older_run_that_is_gone_takes_its_side_with_it_and_is_told(runs: Runs, keep: Keep) -> None:
    """Law 11: what can be read is compared, and the rest is named."""
    from shutil import rmtree

    old, new = panel_of(OLD, [80] * 4), panel_of(NEW, [20] * 4, ids=CHANGED)
    keep(OLD, old)
    lay(runs, NEW, asked_anew(old, new), new)
    rmtree(runs.root / OLD)
    reader = runs.open(NEW)
    drift = drift_since(runs, reader)
    assert (drift.paired, drift.before.seats, drift.only_after.tools) == (0, 0, ("alder",))
    assert any(OLD in problem for problem in reader.torn)


def test_a_line_of_the_plan_that_cannot_be_read_costs_itself_and_is_told(runs: Runs, keep: Keep) -> None:
    old, fresh = panel_of(OLD, [80] * 4), panel_of(OLD, [80] * 4, tool="birch")
    keep(OLD, [*old, *fresh])
    lay(runs, NEW, [short(seat, OLD) for seat in (*old, *fresh)])
    file = runs.root / NEW / "plan.jsonl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(["no plan\n", " " + lines[0], *lines[1:7], lines[7][:60]]), "utf-8")
    reader = runs.open(NEW)
    assert drift_since(runs, reader).paired == 7
    assert ["plan.jsonl line 1: skipped" in reader.torn[0], "ends in the middle" in reader.torn[-1]] == [True, True]


def test_a_part_can_be_asked_for(runs: Runs, keep: Keep) -> None:
    old = [seat for tool in ("alder", "birch") for seat in panel_of(OLD, [80] * 4, tool=tool)]
    new = [seat for tool in ("alder", "birch") for seat in panel_of(NEW, [20] * 4, tool=tool, ids=CHANGED)]
    keep(OLD, old)
    lay(runs, NEW, asked_anew(old, new), new)
    assert (since(runs, tools=("birch", "gone")).paired, since(runs, personas=("builder",)).paired) == (4, 2)
    with pytest.raises(UsageError, match="there is no persona 'nobody'"):
        since(runs, personas=("nobody",))


def test_a_run_that_is_not_over_a_catalogue_knows_nothing_of_before(runs: Runs, keep: Keep) -> None:
    keep(OLD, panel_of(OLD, [80] * 4))
    with pytest.raises(UsageError, match="is not over a catalogue") as error:
        since(runs, OLD)
    assert error.value.hint == f"Name the run to compare it with: panel diff previous {OLD}"


class Stood(NamedTuple):
    """One tool of a made-up catalogue: how its plan says that it stands, its old scores and its new ones."""

    state: str
    old: list[Any]
    new: list[Any]


TOLD = st.one_of(st.integers(40, 80), st.just(AbstainReason.REFUSED))
STATES = st.sampled_from(("fresh", "asked", "open", "partly", "new", "beyond", "never", "gone"))
CATALOGUES = st.lists(st.builds(Stood, STATES, *[st.lists(TOLD, min_size=8, max_size=8)] * 2), min_size=1, max_size=5)


@settings(deadline=None, max_examples=30)
@given(CATALOGUES)
def test_it_says_what_a_full_comparison_of_both_views_says(catalogue: list[Stood]) -> None:
    """For every catalogue: as if what stood before and what is shown now were two runs that hold it all themselves; and
    with tools that show the same answers on both sides compared like all others."""
    with TemporaryDirectory() as folder:
        runs = Runs(Path(folder))
        lines, old, new, before, after = Lines(), *([] for _ in range(4))  # type: ignore[var-annotated]
        for number, stood in enumerate(catalogue):
            made = _made(stood, f"tool-{number}")
            for all_, own in zip((lines, old, new, before, after), made, strict=True):
                all_ += own
        keep_as(runs, OLD, old)
        lay(runs, NEW, lines, new)
        keep_as(runs, "plain-before", before)
        keep_as(runs, "plain-after", after)
        found = since(runs)
        plain = drift_between(runs, runs.open("plain-before"), runs.open("plain-after"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("panel.drift.comparison.alike", lambda before, after: False)
            slow = since(runs)
    assert found == slow
    assert _figures(found) == _figures(plain)


def _made(stood: Stood, tool: str) -> Iterator[list[Any]]:
    """Lines of the plan, seats of the older run and of the new one, and what is in view before and after."""

    def seats(run: str, tolds: Sequence[Any], **more: Any) -> list[SeatRecord]:
        return panel_of(run, [list(tolds[place : place + 2]) for place in range(0, 8, 2)], tool=tool, **more)

    old, new = seats(OLD, stood.old), seats(NEW, stood.new, ids=CHANGED)
    if stood.state in ("fresh", "gone"):
        held = "nowhere" if stood.state == "gone" else OLD
        shown = [] if stood.state == "gone" else old
        yield from ([short(seat, held) for seat in old], old, [], shown, shown)
    elif stood.state == "asked":
        yield from (asked_anew(old, new), old, new, old, new)
    elif stood.state == "open":
        broken = [*new[:-1], seats(NEW, [*stood.new[:-1], None], ids=CHANGED)[-1]]
        yield from (asked_anew(old, broken), old, broken, old, old)
    elif stood.state == "partly":
        lines = [*(short(seat, OLD, was=seat) for seat in old[:4]), *asked_anew(old[4:], new[4:])]
        yield from (lines, old, new[4:], old, [*old[:4], *new[4:]])
    elif stood.state == "new":
        yield from ([planned(seat, "here") for seat in new], [], new, [], new)
    elif stood.state == "beyond":
        lines = [short(seat, reason="beyond --max-seats", was=was) for was, seat in zip(old, new, strict=True)]
        yield from (lines, old, [], old, old)
    else:
        yield from ([short(seat, reason="beyond --max-seats") for seat in new], [], [], [], [])


def keep_as(runs: Runs, run: str, seats: Sequence[SeatRecord]) -> None:
    manifest = Manifest(run_id=run, command=(), started_at=NOON, tools=(), personas=PANEL, models=(make_model(),))
    with runs.create(manifest) as writer:
        for tool in dict.fromkeys(seat.slot.tool for seat in seats):
            writer.add_input("tool", make_tool(tool).model_dump(mode="json"))
        writer.write_verdicts(seats)


def _figures(drift: Drift) -> dict[str, Any]:
    told = drift.model_dump()
    for side in ("before", "after"):
        for name in ("run", "started_at", "stood_before"):
            del told[side][name]
    return told
