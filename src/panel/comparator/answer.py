"""The answer to "which one should you ship with?", and the rule that gives it. In go columns, out comes an Answer.

The rule is applied for each model apart, never over models together, and to every ordered pair of tools, so that the
order of the columns cannot matter. Integers and fractions decide; what is printed is cut to a tenth of a point in a way
that cannot contradict the decision (`panel.comparator.words.tenths`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from panel.comparator.columns import Columns
from panel.comparator.comparable import mismatches_of, nothing_shared, served_differ
from panel.comparator.duel import Duel, duel
from panel.comparator.words import joined, sentence, tenths
from panel.records.card import Answer, Choice, ModelAnswer
from panel.records.review import Review
from panel.records.scale import SCALE
from panel.records.vote import QUORUM, Badge, Outcome, Tally

RULE = (
    f"For each model, over the personas that voted on both tools (at least {QUORUM}), the lead is the mean of their "
    "score differences. "
    f"Ship with X: the badge of X is Ship or Mixed and not worse than the other's, X leads by at least {SCALE.lead} "
    "points (or by the 95 % half-width from repeats, where that is larger), and more personas favour X than oppose it. "
    "Neither: the badge of every tool is Skip. Too close to call: anything else, and wherever a tool could not be "
    "judged. With more than two tools, X must beat each of the others; with several models, all must agree."
)
"""The rule in words, the same on every card of this version."""

_STOPS = (Choice.NOT_COMPARABLE, Choice.INCOMPLETE)
"""What leaves the whole answer open where it holds for one model, the first before the second."""

_AGAIN = "Compare them with one panel; only the seats that it lacks are asked."
_ANEW = "Review all of them anew with one panel (--refresh) to compare them."


def answer_of(columns: Columns) -> Answer:
    """The answer over two or more columns."""
    if not columns.shared:
        why = f"{sentence(nothing_shared(columns))} Review all of them with one model (--model) to compare them."
        return Answer(choice=Choice.NOT_COMPARABLE, headline="Not comparable", why=why, rule=RULE)
    answers = tuple(_on_model(columns, model) for model in columns.models)
    choice, tool = _overall(answers)
    return Answer(
        choice=choice,
        tool=tool,
        headline=_headline(columns, choice, tool, answers),
        why=_why(columns, choice, answers),
        rule=RULE,
        per_model=answers,
    )


def _overall(answers: Sequence[ModelAnswer]) -> tuple[Choice, str | None]:
    """What the models say together: whatever stops one stops all, and only agreement names a tool."""
    choices = {answer.choice for answer in answers}
    for stop in _STOPS:
        if stop in choices:
            return stop, None
    if len({(answer.choice, answer.tool) for answer in answers}) == 1:
        return answers[0].choice, answers[0].tool
    return Choice.TOO_CLOSE, None


def _headline(columns: Columns, choice: Choice, tool: str | None, answers: Sequence[ModelAnswer]) -> str:
    if choice is Choice.SHIP and tool:
        return f"Ship with {columns.labels[tool]}"
    if choice is Choice.TOO_CLOSE:
        return f"Too close to call{_reason(columns, answers)}"
    return {
        Choice.NEITHER: "Neither: no tool is above Skip"
        if len(columns.reviews) == 2
        else "None: no tool is above Skip",
        Choice.NOT_COMPARABLE: "Not comparable",
    }.get(choice, "Not decided yet")


def _reason(columns: Columns, answers: Sequence[ModelAnswer]) -> str:
    if len({(answer.choice, answer.tool) for answer in answers}) > 1:
        return ": the models disagree"
    unjudged = [columns.label(r) for r in columns.by_id if any(not _tally(r, m).badge.decided for m in columns.models)]
    return f": {joined(unjudged)} could not be judged" if unjudged else ""


def _why(columns: Columns, choice: Choice, answers: Sequence[ModelAnswer]) -> str:
    """The reason; with several models what each says in short, since its reason stands beside its own answer."""
    if len(answers) == 1:
        return answers[0].why
    if len({(answer.choice, answer.tool) for answer in answers}) == 1:
        return f"The models agree: {joined([answer.model for answer in answers])} give this answer, each by itself."
    counting = [answer for answer in answers if choice not in _STOPS or answer.choice is choice]
    said = "; ".join(f"{answer.model} says {_said(columns, answer)}" for answer in counting)
    return f"The models do not give the same answer: {said}." if choice not in _STOPS else sentence(said)


def _said(columns: Columns, answer: ModelAnswer) -> str:
    """One model's answer inside a sentence."""
    words = _headline(columns, answer.choice, answer.tool, (answer,))
    return words[:1].lower() + words[1:]


def _on_model(columns: Columns, model: str) -> ModelAnswer:
    mismatches = mismatches_of(columns, model)
    if mismatches:
        step = _ANEW if served_differ(columns, model) else _AGAIN
        why = f"{sentence('; '.join(mismatches))} {step}"
        return ModelAnswer(model=model, choice=Choice.NOT_COMPARABLE, why=why)
    tallies = {review.tool.id: _tally(review, model) for review in columns.by_id}
    if any(tally.pending for tally in tallies.values()):
        return ModelAnswer(model=model, choice=Choice.INCOMPLETE, why=_pending(columns, model))
    if all(tally.badge is Badge.SKIP for tally in tallies.values()):
        badges = joined([f"{columns.labels[tool]} ({tally.words})" for tool, tally in tallies.items()])
        return ModelAnswer(model=model, choice=Choice.NEITHER, why=f"No tool is above Skip: {badges}.")
    if any(not tally.badge.decided for tally in tallies.values()):
        return ModelAnswer(model=model, choice=Choice.TOO_CLOSE, why=_unjudged(columns, tallies))
    return _contest(columns, model)


def _tally(review: Review, model: str) -> Tally:
    found = review.tally(model)
    if found is None:
        raise KeyError(model)
    return found


def _pending(columns: Columns, model: str) -> str:
    waits = []
    for review in columns.by_id:
        votes = [(persona.name, review.vote(persona.id, model)) for persona in columns.voters]
        names = [name for name, vote in votes if vote and vote.outcome is Outcome.PENDING]
        if names:
            waits.append(f"{joined(names)} for {columns.label(review)}")
    return f"Still pending: {'; '.join(waits)}. Run the same command again to ask only these."


def _unjudged(columns: Columns, tallies: Mapping[str, Tally]) -> str:
    parts = [
        f"{columns.labels[tool]} could not be judged ({tally.badge.words}: "
        f"{tally.badge.meaning[:1].lower()}{tally.badge.meaning[1:].rstrip('.')})"
        for tool, tally in tallies.items()
        if not tally.badge.decided
    ]
    return f"{'; '.join(parts)}. No tool wins against one that was not judged."


def _contest(columns: Columns, model: str) -> ModelAnswer:
    """The answer where every badge is decided and not every one is Skip."""
    reviews = columns.by_id
    duels = {x.tool.id: [duel(columns, model, x, y) for y in reviews if y is not x] for x in reviews}
    winner = next((tool for tool, fought in duels.items() if not any(item.hurdles() for item in fought)), None)
    if winner:
        closest = min(duels[winner], key=lambda item: (item.lead, item.y.tool))
        why = " ".join(f"{item.figures()}." for item in duels[winner])
        return _answer(model, Choice.SHIP, closest, why)
    fought = max(duels.values(), key=_standing)
    closest = min((item for item in fought if item.hurdles()), key=lambda item: (item.enough, item.lead, item.y.tool))
    opening = "No tool beats each of the others. " if len(reviews) > 2 else ""
    figures = f"{closest.figures()}. " if closest.enough else ""
    return _answer(model, Choice.TOO_CLOSE, closest, f"{opening}{figures}{sentence('; '.join(closest.hurdles()))}")


def _standing(fought: Sequence[Duel]) -> tuple[int, Fraction]:
    """Who comes nearest to winning where nobody wins: most tools beaten, then the largest smallest lead.

    Of equals `max` keeps the first, and the duels come in the order of tool ids.
    """
    beaten = sum(not item.hurdles() for item in fought)
    return beaten, min((item.lead for item in fought if item.enough), default=Fraction(0))


def _answer(model: str, choice: Choice, shown: Duel, why: str) -> ModelAnswer:
    sign = 1 if shown.lead >= 0 else -1
    return ModelAnswer(
        model=model,
        choice=choice,
        tool=shown.x.tool if choice is Choice.SHIP else None,
        leader=shown.x.tool,
        other=shown.y.tool,
        personas=tuple(persona for persona, *_ in shown.scores),
        difference=float(sign * tenths(abs(shown.lead))) if shown.enough else None,
        needed=float(shown.needed) if shown.enough else None,
        favour=shown.favour,
        oppose=shown.oppose,
        why=why,
    )
