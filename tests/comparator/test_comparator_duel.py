"""Two tools before one panel, in figures: what keeps the one from beating the other."""

from __future__ import annotations

import pytest
from builders import MODEL, Told, make_review

from panel.comparator.columns import columns_of
from panel.comparator.duel import Duel, duel
from panel.records.verdict import AbstainReason

CUT = AbstainReason.TRUNCATED


def fought(alder: tuple[Told, ...], birch: tuple[Told, ...]) -> Duel:
    first, second = make_review("alder", alder), make_review("birch", birch)
    return duel(columns_of([first, second]), MODEL, first, second)


@pytest.mark.parametrize(
    ("alder", "birch", "hurdles"),
    [
        pytest.param((80, 80, 80, 80), (60, 60, 60, 60), (), id="none"),
        pytest.param((50, 50, 50, 50), (20, 20, 20, 20), ("the badge of Alder is Skip",), id="not above Skip"),
        pytest.param((60, 60, 60, 60), (80, 80, 80, 80), ("it trails Birch",), id="behind"),
        pytest.param((80, 80, 80, 80), (80, 80, 80, 80), ("neither leads",), id="level"),
        pytest.param(
            (95, 72, 60, 59),
            (66, 73, 70, 60),
            ("the lead is too small", "more personas than favour Alder oppose it"),
            id="a small lead of one persona",
        ),
        pytest.param(
            (CUT, 80, 80, 80),
            (60, CUT, CUT, 60),
            ("fewer than 3 personas scored both Alder and Birch (Founder)",),
            id="one voted on both",
        ),
        pytest.param(
            (CUT, CUT, 80, 80),
            (60, 60, CUT, CUT),
            ("fewer than 3 personas scored both Alder and Birch (none)",),
            id="nobody voted on both",
        ),
    ],
)
def test_every_hurdle_is_named(alder: tuple[Told, ...], birch: tuple[Told, ...], hurdles: tuple[str, ...]) -> None:
    assert fought(alder, birch).hurdles() == hurdles


def test_a_duel_seen_from_the_other_side_is_its_mirror_image() -> None:
    """Law 10: the lead changes its sign, favour and oppose change places, and what is needed stays."""
    one, other = fought((80, 70, 75, 50), (60, 72, 70, 50)), fought((60, 72, 70, 50), (80, 70, 75, 50))
    assert (one.lead, one.favour, one.oppose, one.needed) == (-other.lead, other.oppose, other.favour, other.needed)
