"""Ways: how the flags of a command, and what its run began with, say how seats are asked."""

from __future__ import annotations

import pytest

from panel.cli.ways import Ways
from panel.desk.carrying import Way
from panel.errors import UsageError
from panel.records.run import Catalogued

LIVE, BATCH = Catalogued(source="tools"), Catalogued(source="tools", via="batch", finish_live=True)


def ways(**given: object) -> Ways:
    return Ways(**{name: given.get(name, False if name == "detach" else None) for name in Ways._fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "began", "way"),
    [
        ({}, None, Way("live")),
        ({"via": "batch"}, None, Way("batch")),
        ({"via": "batch", "finish": "live", "detach": True}, None, Way("batch", finish_live=True, detach=True)),
        ({"on": "dask://h:1"}, None, Way("live", on="dask://h:1")),
        ({}, LIVE, Way("live")),
        ({}, BATCH, Way("batch", finish_live=True)),
        ({"via": "live"}, BATCH, Way("live")),
        ({"on": "dask://h:1"}, BATCH, Way("live", on="dask://h:1")),
        ({"via": "batch"}, LIVE, Way("batch")),
    ],
)
def test_flags_go_before_what_the_run_began_with(given: dict[str, object], began: Catalogued | None, way: Way) -> None:
    assert ways(**given).way(began) == way


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"finish": "live"}, "--finish live is for batches"),
        ({"detach": True}, "--detach is for batches"),
        ({"via": "live", "detach": True}, "--detach is for batches"),
        ({"via": "batch", "on": "dask://h:1"}, "--on asks from the workers of a cluster"),
    ],
)
def test_flags_that_exclude_each_other_are_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        ways(**given).way()
    assert refused.value.hint
