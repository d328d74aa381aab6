"""The one scale: bounds, ship line, margins, and the words that state them.

Prompt, parser, panel and card read the same object, so none can disagree with another (law 2).
"""

from collections.abc import Sequence
from typing import Literal

from panel.records.base import Record

Call = Literal["ship", "skip"]
"""What a seat concludes about a tool."""


class Scale(Record):
    """Integers throughout: `score` from `low` to `high`, criteria from `criterion_low` to `criterion_high`."""

    low: int = 0
    high: int = 100
    ship_from: int = 60
    criterion_low: int = 0
    criterion_high: int = 10
    absent_low: int = 2
    absent_high: int = 4
    """What a criterion scores, from `absent_low` to `absent_high`, where the text is silent on it."""
    middle_from: int = 4
    high_from: int = 7
    """Where the middle and the high anchors of a criterion begin."""
    poor: int = 30
    superb: int = 90
    """Below `poor`: stay away. Above `superb`: nothing serious to hold against it."""
    close_low: int = 55
    close_high: int = 65
    """Between these the review must name what decided."""
    stray: int = 10
    """A score further than this from ten times the mean of its criteria is flagged."""
    lead: int = 5
    """The least mean difference between two tools that names a winner."""

    def call(self, score: int) -> Call:
        """The verdict a score stands for."""
        return "ship" if score >= self.ship_from else "skip"

    def holds(self, score: int) -> bool:
        return self.low <= score <= self.high

    def criterion_holds(self, score: int) -> bool:
        return self.criterion_low <= score <= self.criterion_high

    def from_criteria(self, criteria: Sequence[int]) -> int:
        """The score that the criteria alone would give: their mean carried to the large scale, rounded half up."""
        span = self.criterion_high - self.criterion_low
        total = sum(value - self.criterion_low for value in criteria) * (self.high - self.low)
        return self.low + (2 * total + span * len(criteria)) // (2 * span * len(criteria))

    def strays(self, score: int, criteria: Sequence[int]) -> bool:
        """Whether the score is far from its criteria, or on the other side of the ship line (law 3)."""
        expected = self.from_criteria(criteria)
        return abs(score - expected) > self.stray or self.call(score) != self.call(expected)

    @property
    def words(self) -> str:
        """The sentence that states the scale, for prompts and pages."""
        return (
            f"Criteria are whole numbers from {self.criterion_low} to {self.criterion_high}, where "
            f"{self.criterion_high} is always best for the team that adopts the tool. The score is a whole number from "
            f"{self.low} to {self.high}; {self.ship_from} or more means ship, below {self.ship_from} means skip."
        )


SCALE = Scale()
"""The scale in force."""
