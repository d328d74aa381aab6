"""Connections to the provider on this machine end with the test that opened them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from batching_bench import CONNECTED


@pytest.fixture(autouse=True)
async def _disconnected() -> AsyncIterator[None]:
    yield
    while CONNECTED:
        await CONNECTED.pop().aclose()
