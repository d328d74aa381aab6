"""Summary: a run in a few lines of Markdown, for a mail or a pull request. Pure; whoever calls writes the file.

In go the run's manifest, the seats without a verdict by reason, what stopped models, and the drift report where there
is one. Outside text is cleaned, cut and escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from panel.cli.progress.table import duration
from panel.cli.spend import spend_line
from panel.render.markdown import bullets, escape, table
from panel.render.safe import line

if TYPE_CHECKING:
    from panel.errors import RunStopping
    from panel.records.drift import Drift
    from panel.records.run import Manifest
    from panel.records.standing import CataloguePlan, ModelPlan

MOST = 10
"""Items of each list; the rest is counted."""

_LONGEST = 200


def summary(
    manifest: Manifest, reasons: Mapping[str, int], stops: Sequence[RunStopping] = (), drift: Drift | None = None
) -> str:
    """What a run did, ending in a line feed: first whether it is done, then seats and money, then what went wrong.

    `reasons` counts the seats that are open, by reason.
    """
    blocks = [f"# {_heading(manifest)}", bullets(list(_facts(manifest)))]
    if drift is not None:
        blocks += ["## Drift", *_drift(drift)]
    if stops:
        blocks += ["## Stopped", _listed([_short(f"{error.code}: {error.message}") for error in stops])]
    if any(reasons.values()):
        most = sorted(((count, _short(reason)) for reason, count in reasons.items() if count), reverse=True)
        rows = [(reason, f"{count:,}") for count, reason in most[:MOST]]
        rest = sum(count for count, _ in most[MOST:])
        rows += [("other reasons", f"{rest:,}")] if rest else []
        blocks += ["## Why seats are open", table(("reason", "seats"), rows)]
    return "\n\n".join(blocks) + "\n"


def _heading(manifest: Manifest) -> str:
    run = f"Run {escape(manifest.run_id)}"
    if manifest.finished_at is None:
        return f"{run}: cut off"
    pending = manifest.totals.pending
    return f"{run}: {pending:,} seats open" if pending else f"{run}: complete"


def _facts(manifest: Manifest) -> Iterator[str]:
    totals = manifest.totals
    answered = totals.scored + totals.abstained
    yield (
        f"{totals.seats:,} seats: {answered:,} answered here ({totals.scored:,} scored, {totals.abstained:,} "
        f"abstained), {totals.held:,} stored before, {totals.pending:,} open"
    )
    if found := manifest.catalogue:
        yield _short(f"catalogue {found.source}: {found.tools:,} tools{_unusable(found.broken)}")
    yield f"models: {_named([model.name for model in manifest.models])}"
    cap = f" (at most ${manifest.max_cost:f})" if manifest.max_cost is not None else ""
    yield " ".join(spend_line(totals, capped=bool(cap)).split()) + cap
    ended = manifest.finished_at
    if ended is None:
        yield f"began {manifest.started_at:%Y-%m-%d %H:%M} UTC"
    else:
        took = duration((ended - manifest.started_at).total_seconds())
        yield f"{manifest.started_at:%Y-%m-%d %H:%M} to {ended:%Y-%m-%d %H:%M} UTC ({took})"
    if totals.pending or ended is None:
        yield f"the rest: panel runs resume {manifest.run_id}"


def _unusable(broken: int) -> str:
    entries = "1 entry" if broken == 1 else f"{broken:,} entries"
    return f"; {entries} that cannot be used: panel catalogue lint names them" if broken else ""


def _drift(drift: Drift) -> Iterator[str]:
    if drift.before.stood_before and not drift.before.seats:
        yield bullets(["nothing stood before: this is the first panel of every tool", *_hanging(drift)])
        return
    yield bullets([_short(fact) for fact in (*_changed(drift), *_hanging(drift))])
    if drift.flips:
        flips = [
            (flip.tool, flip.persona, flip.model, f"{flip.before} → {flip.after}", _named([*flip.causes]))
            for flip in drift.flips[:MOST]
        ]
        yield table(
            ("tool", "persona", "model", "verdict", "because of"), [[_short(cell) for cell in row] for row in flips]
        )
    if len(drift.flips) > MOST:
        yield f"and {len(drift.flips) - MOST:,} more: {_command(drift)}"


def _changed(drift: Drift) -> Iterator[str]:
    share = "" if drift.flip_share is None else f" ({drift.flip_share:.1%})"
    against = "what stood before" if drift.before.stood_before else f"run {drift.before.run}"
    yield f"{drift.flipped:,} of {drift.paired:,} verdicts flipped{share}, against {against}"
    yield f"{len(drift.badge_flips):,} of {drift.badges_paired:,} badges changed"
    if drift.only_after.tools:
        yield f"{len(drift.only_after.tools):,} tools had no panel before"
    if moved := [judge for judge in drift.judges if judge.moved]:
        yield "the judge itself moved: " + _named([f"{judge.persona} on {judge.model}" for judge in moved])


def _hanging(drift: Drift) -> Iterator[str]:
    """The watch list."""
    if drift.straddling:
        listed = f": {_command(drift)} --straddling watch.txt lists them"
        yield f"{len(drift.straddling):,} of {drift.after.tools:,} tools straddle the line{listed}"


def _command(drift: Drift) -> str:
    """What shows the whole report."""
    runs = (drift.after.run,) if drift.before.stood_before else (drift.before.run, drift.after.run)
    return f"panel diff {' '.join(runs)}"


def idle_summary(plan: CataloguePlan) -> str:
    """The summary of a command that found nothing to ask, from its plan."""
    passed = [f"{plan.left_out:,} tools of other categories were passed over"] if plan.left_out else []
    reread = [f"{plan.reread:,} stored verdicts were read again, at no cost"] if plan.reread else []
    facts = [f"catalogue {plan.source}: {plan.tools:,} tools{_unusable(plan.broken)}", *passed, *reread]
    facts += [_standing(model) for model in plan.models]
    return f"# Nothing was to be asked\n\n{bullets([_short(fact) for fact in facts])}\n"


def _standing(model: ModelPlan) -> str:
    parts = [
        (model.fresh, "fresh"),
        (model.stale, "stale"),
        (model.missing, "missing"),
        (model.on_the_way, "of these on their way by batch"),
        (model.left_out, "of these not asked now"),
    ]
    return f"{model.model}: {', '.join(f'{count:,} {what}' for count, what in parts if count) or 'no seats'}"


def _listed(items: Sequence[str]) -> str:
    kept = list(dict.fromkeys(items))
    more = [f"and {len(kept) - MOST:,} more"] if len(kept) > MOST else []
    return bullets([*kept[:MOST], *more])


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST])
    return f"{shown} and {len(names) - MOST:,} more" if len(names) > MOST else shown


def _short(text: str) -> str:
    whole = line(text)
    return whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 1]}…"
