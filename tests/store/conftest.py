"""A fresh folder for runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from panel.store import Runs


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")
