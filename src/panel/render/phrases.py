"""Single things on a Card put into words: a vote, a gap, a reason, a byline. In goes a record, out comes a short text.

Shared by terminal, Markdown and HTML. Nothing is escaped here and nothing is counted that the card does not count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from panel.records.across import Voice
from panel.records.card import Card, Cell, Dissent, Evidence, Flagged, Head, ModelAnswer, ModelUse, ScoreRow
from panel.records.model import OFFLINE
from panel.records.scale import SCALE
from panel.records.tool import Community
from panel.records.verdict import Flag, Quote
from panel.records.vote import Badge, Outcome, Tally
from panel.render import words

BASELINE = "baseline, does not vote"
SHORT = 16
"""Names up to this many characters are never shortened."""


def name_of(card: Card, tool: str) -> str:
    """The name of a tool on the card; its id if the card does not show it."""
    return next((head.name for head in card.heads if head.tool == tool), tool)


def short_name(card: Card, tool: str) -> str:
    """The first words of a long name that no other tool on the card begins with; else the name whole."""
    name = name_of(card, tool)
    words_of = name.split()
    others = [head.name.casefold().split() for head in card.heads if head.tool != tool]
    for count in range(1, len(words_of) if len(name) > SHORT else 1):
        run = words_of[:count]
        shown = " ".join(run).rstrip(",;:–-")
        if len(shown) > 3 and [word.casefold() for word in run] not in [other[:count] for other in others]:
            return shown
    return name


def many_models(card: Card) -> bool:
    """Whether a model must be named beside a persona to tell rows apart."""
    return len({row.model for row in card.scorecard}) > 1


def persona(row: ScoreRow) -> str:
    """A reviewer under its model's heading."""
    return row.name if row.counts else f"{row.name} (does not vote)"


def reviewer(row: ScoreRow, card: Card) -> str:
    """Persona, its model where there are several, and that it does not vote where it does not."""
    said = [row.model] if many_models(card) else []
    said += [] if row.counts else ["does not vote"]
    return f"{row.name} ({'; '.join(said)})" if said else row.name


def speaker(persona: str, model: str, card: Card) -> str:
    """Who said something: the persona, and the model where there are several."""
    return f"{persona} ({model})" if many_models(card) else persona


def dissenter(item: Dissent, card: Card) -> str:
    """Who dissents: "Skeptic on Birch Queue, 41 skip"."""
    who = speaker(item.persona, item.model, card)
    return f"{who} on {name_of(card, item.tool)}, {item.score} {item.outcome.value}"


def verdict(head: Head) -> str:
    """The badge in words, with whoever is missing: the title without the name it begins with."""
    return head.title.removeprefix(f"{head.name}:").strip() or head.badge.words


def missing(head: Head) -> str:
    """Who is missing from the panel: "Skeptic missing", or nothing."""
    return verdict(head).removeprefix(head.badge.words).strip(" ()")


def votes(tally: Tally) -> str:
    """3 of 4 ship (75%): the share stands only beside its counts."""
    return f"{tally.ship} of {tally.invited} ship ({tally.share}%)"


def tallies(head: Head, card: Card) -> tuple[str, ...]:
    """The votes of each model's panel, never pooled, and of the baseline that does not vote."""
    if len(head.tallies) == 1 and not head.baseline:
        return (votes(head.tallies[0]),)
    lines = tuple(f"{item.model}: {panel_verdict(item, card)}" for item in head.tallies)
    base = head.baseline
    return (*lines, f"{base.model} ({BASELINE}): {panel_verdict(base, card)}") if base else lines


def panel_verdict(tally: Tally, card: Card) -> str:
    """What one model's panel concludes, with whoever is missing from it: "Ship, 3 of 4 ship (75%), Skeptic missing"."""
    names = {row.persona: row.name for row in card.scorecard}
    absent = [names.get(persona, persona) for persona in tally.missing]
    empty = f", {words.joined(absent)} missing" if absent else ""
    return f"{tally.badge.words}, {votes(tally)}{empty}"


def short_model(model: str, card: Card) -> str:
    """The last part of a model's name where no other model on the card ends alike; else the name whole."""
    last = model.rsplit("/", 1)[-1]
    others = {row.model.rsplit("/", 1)[-1] for row in card.scorecard if row.model != model}
    return model if last in others else last


def badge_meaning(card: Card) -> str:
    """What the badge of a sheet says, and with several models what each of them says."""
    told = [item.told[0] for item in card.across]
    badge = card.heads[0].badge
    return " ".join(told if told and badge is Badge.MODELS_DISAGREE else [badge.meaning, *told])


def voice(item: Voice | None) -> str:
    """What a persona concludes on one model: "82 ship", or why that is no number."""
    if item is None:
        return "not asked"
    return item.outcome.value if item.score is None else f"{item.score} {item.outcome.value}"


def blind(card: Card) -> str:
    """That the panel did not see whom it judged, and before which tools; nothing where it saw all names."""
    names = [head.name for head in card.heads if head.variant == "blind"]
    of = f" for {words.joined(names)}" if 0 < len(names) < len(card.heads) else ""
    return f"Reviewed blind{of}: the panel did not see the names of tool and vendor." if names else ""


def reviewed(head: Head) -> str:
    """When one tool was last reviewed, and by which models: "20 November 2026 by openai/gpt-6-luna"."""
    if head.reviewed_at is None:
        return "not yet"
    return f"{words.date(head.reviewed_at.astimezone(dt.UTC).date())} by {', '.join(map(served, head.models))}"


def entry(head: Head) -> str:
    return words.ENTRIES.get(head.entry, head.entry)


def community(votes_given: Community) -> str:
    return f"{votes_given.up} up, {votes_given.down} down"


def score(cell: Cell) -> str:
    """Score and conclusion: "86/100, ship"; the conclusion alone where there is no score."""
    return cell.outcome.value if cell.score is None else f"{cell.score}/{SCALE.high}, {cell.outcome.value}"


def silence(cell: Cell) -> str:
    """Why a cell holds no review, as a sentence."""
    default = "not answered yet" if cell.outcome is Outcome.PENDING else "no reason recorded"
    return words.sentence(words.capital(cell.silence or default))


def scores_range(cell: Cell) -> str:
    """The range over repeats; empty where there is one repeat or no score."""
    if cell.repeats < 2 or cell.lowest is None or cell.highest is None:
        return ""
    if cell.lowest == cell.highest:
        return f"{cell.lowest} over {cell.repeats} repeats"
    return f"{cell.lowest} to {cell.highest} over {cell.repeats} repeats"


def share_of_scale(points: int) -> float:
    """How far up the scale a score stands, from 0 to 1."""
    return (points - SCALE.low) / (SCALE.high - SCALE.low)


def criterion_share(points: int) -> float:
    """How far up the criteria's scale a score stands, from 0 to 1."""
    return (points - SCALE.criterion_low) / (SCALE.criterion_high - SCALE.criterion_low)


def gap(row: ScoreRow, card: Card) -> str:
    """How far apart the tools are for one reviewer, and which leads: "15 for Alder Queue"."""
    if row.spread is None:
        return "not known"
    if row.leader is None:
        return "level" if row.spread == 0 else f"{row.spread} apart"
    leader = short_name(card, row.leader)
    return f"{row.spread} for {leader}" if len(row.cells) == 2 else f"{row.spread} apart, {leader} first"


def conclusion(answer: ModelAnswer, card: Card) -> str:
    """What one model's panels conclude: "Ship with Alder Queue"."""
    told = words.CHOICES[answer.choice]
    return f"{told} {name_of(card, answer.tool)}" if answer.tool else told


def flag(mark: Flag) -> str:
    """A flag as a visible mark: its label and what was found."""
    label = words.FLAGS[mark.code][0]
    return f"{label}: {mark.detail}" if mark.detail else label


def flagged(item: Flagged, card: Card) -> str:
    """Whose flag it is: "Skeptic on Birch Queue"; of the whole review where no persona is named."""
    name = name_of(card, item.tool)
    return f"{speaker(item.persona, item.model or '', card)} on {name}" if item.persona else f"the review of {name}"


def found(quote: Quote) -> str:
    """Whether a quoted passage stands in what was sent, and in which field."""
    return f"found in the {quote.found_in}" if quote.found_in else "not found in what was sent"


def evidence(cell: Cell) -> str:
    """How many of a reviewer's quotes stand in what was sent."""
    held = sum(quote.found_in is not None for quote in cell.evidence)
    return f"Evidence: {held} of {words.count(len(cell.evidence), 'quote')} found"


def quotes_found(item: Evidence) -> str:
    """How much of the evidence stands in the description, as a sentence."""
    facts = words.count(item.facts, "checkable fact")
    enough = "" if item.enough else ", too few to judge by"
    return f"{item.found} of {words.count(item.quotes, 'quote')} found in the description; {facts}{enough}."


def reviewed_on(card: Card) -> dt.date | None:
    """The day (UTC) on which the last reply was asked for."""
    moment = card.provenance.reviewed_at
    return moment.astimezone(dt.UTC).date() if moment else None


def last_reviewed(card: Card) -> str:
    day = reviewed_on(card)
    return f"Last reviewed {words.date(day)}." if day else "Not reviewed yet."


def written(card: Card) -> str:
    """Who wrote this: "written by a language model", with the baseline where there is one; column by column where
    columns have different authors.
    """
    columns = [(head.name, _author(head, card)) for head in card.heads]
    if not _one_author(card):
        return "; ".join(f"{name}: {author}" for name, author in columns)
    return columns[0][1]


def notice(card: Card) -> str:
    """Who wrote this, as it stands at the top."""
    return words.capital(written(card)) if _one_author(card) else written(card)


def _one_author(card: Card) -> bool:
    return len({_author(head, card) for head in card.heads}) == 1


def _author(head: Head, card: Card) -> str:
    """Who wrote one column: the models that count, and the one that is no more than their baseline. All that wrote
    anything on the card, where the column's own models are not told.
    """
    counting = notices(head, [tally.model for tally in head.tallies]) or card.provenance.written_by
    base = notices(head, [head.baseline.model] if head.baseline else [])
    return "; ".join(counting) + (f" (baseline: {'; '.join(base)})" if base else "")


def notices(head: Head, models: Sequence[str]) -> tuple[str, ...]:
    """The notices of some of a tool's models, each once."""
    return tuple(dict.fromkeys(use.written_by for use in head.models if use.name in models))


def model(use: ModelUse) -> str:
    """A model's name, with what was asked for where the name does not show it: "fast (gpt-x)"."""
    return use.name if use.asked in use.name else f"{use.name} ({use.asked})"


def served(use: ModelUse) -> str:
    """A model with what its server said it served: "fast (gpt-x, served as gpt-x-06)". The rubric has no server that
    could serve another.
    """
    same = use.served == (use.asked,)
    if not use.served or (same and use.name == OFFLINE):
        return model(use)
    told = "served as asked" if same else f"served as {words.joined(use.served)}"
    return f"{use.name} ({told})" if use.asked in use.name else f"{use.name} ({use.asked}, {told})"


def only_offline(card: Card) -> bool:
    """Whether no language model wrote a word of this."""
    return all(OFFLINE in text for text in card.provenance.written_by)


def summary(card: Card) -> str:
    """One or two sentences that say what the card says."""
    if card.answer:
        return f"{words.sentence(card.answer.headline)} {card.answer.why}"
    return f"{words.sentence(card.heads[0].title)} {badge_meaning(card)}"
