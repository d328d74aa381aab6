"""Summary: a run in a few lines for a mail or a pull request, as Markdown or plain text. Pure; the caller writes it.

In go the run's manifest, the seats without a verdict by reason, what stopped models, and the drift report where there
is one. Outside text is cleaned and cut, and escaped where it could act. The list of flips comes last, under a heading
of its own, so that a mail that holds the whole report can do without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from panel.cli.progress.table import duration
from panel.cli.spend import spend_line
from panel.render.safe import line

if TYPE_CHECKING:
    from panel.errors import RunStopping
    from panel.records.drift import Drift
    from panel.records.run import Manifest
    from panel.records.standing import CataloguePlan, ModelPlan

MOST = 10
"""Items of each list; the rest is counted."""
FIRST_FLIPS = "First flips"
"""The last heading."""
MANY = 10
"""From one in so many answers on, abstentions are told with what to do about them."""

_LONGEST = 200


class Face(Protocol):
    """A module that sets a text: `panel.render.markdown` or `panel.render.plain`."""

    def heading(self, text: str, level: int) -> str: ...
    def paragraph(self, text: str) -> str: ...
    def bullets(self, items: Iterable[Any]) -> str: ...
    def table(self, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str: ...


class _Open(NamedTuple):
    """Seats without a verdict: those on their way by batch, and others."""

    away: int
    others: int


def summary(
    manifest: Manifest,
    reasons: Mapping[str, int],
    stops: Sequence[RunStopping] = (),
    drift: Drift | None = None,
    *,
    form: str = "markdown",
) -> str:
    """What a run did, ending in a line feed: first whether it is done, then seats and money, then what went wrong.

    `reasons` counts the seats that are open, by reason; `form` is markdown or plain.
    """
    face, left = _face(form), _open(manifest, reasons)
    blocks = [face.heading(_heading(manifest, left), 1), face.bullets(map(_short, _facts(manifest, reasons, left)))]
    if drift is not None:
        blocks += [face.heading("Drift", 2), face.bullets(map(_short, _drift(drift)))]
    if stops:
        blocks += [
            face.heading("Stopped", 2),
            face.bullets(_listed([f"{stop.code}: {stop.message}" for stop in stops])),
        ]
    if any(reasons.values()):
        most = sorted(((count, _short(reason)) for reason, count in reasons.items() if count), reverse=True)
        rows = [(reason, f"{count:,}") for count, reason in most[:MOST]]
        rest = sum(count for count, _ in most[MOST:])
        rows += [("other reasons", f"{rest:,}")] if rest else []
        blocks += [face.heading("Why seats are open", 2), face.table(("reason", "seats"), rows)]
    if drift is not None and drift.flips:
        blocks += [face.heading(FIRST_FLIPS, 2), *_flips(drift, face)]
    return "\n\n".join(blocks) + "\n"


def next_step(run: str, reasons: Mapping[str, int]) -> str:
    """Which command asks, or brings, what is open in a run."""
    from panel.desk.carrying import NO_BATCHES
    from panel.rescore.running import ON_ITS_WAY

    if any(count and reason.startswith(ON_ITS_WAY) for reason, count in reasons.items()):
        return f"the same command comes back for them; so does panel batch collect {run}"
    if reasons.get(NO_BATCHES):
        return f"--finish live asks those that have no batches; so does panel runs resume {run} --via live"
    return f"the same command asks the rest; so does panel runs resume {run}"


def _face(form: str) -> Face:
    if form == "plain":
        from panel.render import plain

        return plain
    from panel.render import markdown

    return markdown


def _open(manifest: Manifest, reasons: Mapping[str, int]) -> _Open:
    from panel.rescore.running import ON_ITS_WAY

    away = sum(count for reason, count in reasons.items() if reason.startswith(ON_ITS_WAY))
    return _Open(away, max(sum(reasons.values()), manifest.totals.pending) - away)


def _heading(manifest: Manifest, left: _Open) -> str:
    run = f"Run {manifest.run_id}"
    if left.away:
        others = f", {left.others:,} open" if left.others else ""
        return f"{run}: {_seats(left.away)} on their way by batch{others}"
    if manifest.finished_at is None:
        return f"{run}: cut off"
    return f"{run}: {_seats(left.others)} open" if left.others else f"{run}: complete"


def _facts(manifest: Manifest, reasons: Mapping[str, int], left: _Open) -> Iterator[str]:
    totals = manifest.totals
    if totals.seats:
        away = f"{left.away:,} on their way by batch, " if left.away else ""
        yield (
            f"{_seats(totals.seats)}: {totals.scored:,} scored, {totals.abstained:,} abstained, "
            f"{totals.held:,} stored before, {away}{left.others:,} open"
        )
    else:
        yield "nothing was to be asked: the run shows the catalogue as it stands"
    answered = totals.scored + totals.abstained
    if totals.abstained * MANY >= answered > 0 and not all(model.is_offline for model in manifest.models):
        yield (
            f"many abstained, {totals.abstained:,} of {answered:,}: the same command with --retry-abstained asks those "
            "again, and keeps what scored"
        )
    if left.away or left.others or manifest.finished_at is None:
        yield next_step(manifest.run_id, reasons)
    if found := manifest.catalogue:
        yield f"{_tools(found.tools, found.source)}{_unusable(found.broken)}"
    yield f"models: {_named([model.name for model in manifest.models])}"
    cap = f" (at most ${manifest.max_cost:f})" if manifest.max_cost is not None else ""
    yield " ".join(spend_line(totals, capped=bool(cap)).split()) + cap
    yield _when(manifest)


def _when(manifest: Manifest) -> str:
    """When it began and ended; what both have in common is told once."""
    began, ended = f"{manifest.started_at:%Y-%m-%d %H:%M}", manifest.finished_at
    if ended is None:
        return f"began {began} UTC"
    until = f"{ended:%Y-%m-%d %H:%M}"
    until = "" if until == began else f" to {until[11:] if until[:10] == began[:10] else until}"
    return f"{began}{until} UTC ({duration((ended - manifest.started_at).total_seconds())})"


def _seats(count: int) -> str:
    return "1 seat" if count == 1 else f"{count:,} seats"


def _tools(count: int, source: str) -> str:
    return f"{count:,} {'tool' if count == 1 else 'tools'} of {'standard input' if source == '-' else source}"


def _unusable(broken: int) -> str:
    entries = "1 entry" if broken == 1 else f"{broken:,} entries"
    return f"; {entries} that cannot be used: panel catalogue lint names them" if broken else ""


def _drift(drift: Drift) -> Iterator[str]:
    from panel.render.drift_words import causes, flipped, judge, of, panels, straddling

    if drift.before.stood_before and not drift.before.seats:
        yield "nothing stood before: this is the first panel of every tool"
    else:
        against = "what stood before" if drift.before.stood_before else f"run {drift.before.run}"
        yield f"{flipped(drift)}, against {against}"
        if drift.badges_paired:
            yield f"{of(len(drift.badge_flips), drift.badges_paired, 'badge')} flipped"
        if changed := causes(drift, MOST):
            yield f"what changed: {changed}"
        if standing := panels(drift):
            yield standing
    if moved := [f"{line.persona} on {line.model}" for line in drift.judges if line.moved]:
        yield f"ALARM: the judge itself moved: {_named(moved)}"
    elif any(line.flipped for line in drift.judges):
        yield judge(drift)
    if drift.straddling:
        yield f"{straddling(drift)}: {_command(drift)} --straddling watch.txt lists them"


def _flips(drift: Drift, face: Face) -> Iterator[str]:
    rows = [
        (
            flip.tool,
            flip.persona,
            flip.model,
            f"{flip.before} -> {flip.after}",
            _named([cause.words for cause in flip.causes]),
        )
        for flip in drift.flips[:MOST]
    ]
    yield face.table(("tool", "persona", "model", "vote", "what changed"), [[*map(_short, row)] for row in rows])
    if len(drift.flips) > MOST:
        yield face.paragraph(f"And {len(drift.flips) - MOST:,} more: {_command(drift)}")


def _command(drift: Drift) -> str:
    """What shows the whole report."""
    runs = (drift.after.run,) if drift.before.stood_before else (drift.before.run, drift.after.run)
    return f"panel diff {' '.join(runs)}"


def idle_summary(plan: CataloguePlan, *, form: str = "markdown") -> str:
    """The summary of a command that asked nothing, from its plan."""
    face = _face(form)
    passed = [f"{plan.left_out:,} tools were passed over: --category or --watch"] if plan.left_out else []
    reread = [f"{plan.reread:,} stored verdicts were read again, at no cost"] if plan.reread else []
    facts = [f"{_tools(plan.tools, plan.source)}{_unusable(plan.broken)}", *passed, *reread]
    facts += [_standing(model) for model in plan.models]
    facts += ["the same command asks what is left for another time"] if plan.open else []
    heading = "Nothing could be asked" if plan.open else "Nothing was to be asked"
    return f"{face.heading(heading, 1)}\n\n{face.bullets(map(_short, facts))}\n"


def _standing(model: ModelPlan) -> str:
    parts = [
        (model.fresh, "fresh"),
        (model.stale, "stale"),
        (model.missing, "missing"),
        (model.on_the_way, "of these in the hands of another run"),
        (model.left_out, "of these beyond --max-seats"),
    ]
    return f"{model.model}: {', '.join(f'{count:,} {what}' for count, what in parts if count) or 'no seats'}"


def _listed(items: Iterable[str]) -> list[str]:
    kept = list(dict.fromkeys(map(_short, items)))
    more = [f"and {len(kept) - MOST:,} more"] if len(kept) > MOST else []
    return [*kept[:MOST], *more]


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST])
    return f"{shown} and {len(names) - MOST:,} more" if len(names) > MOST else shown


def _short(text: str) -> str:
    whole = line(text)
    return whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 1]}…"
