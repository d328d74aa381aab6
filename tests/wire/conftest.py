"""Both SDKs on a real wire: a question of the panel's own, and clients for it at an address on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from panel.clients import Client, close, connect, resolve
from panel.prompts import Prompter
from panel.records.model import ModelSettings
from panel.records.prompt import Prompt
from panel.testing import TOOL, persona

KEY = "sk-test-0123456789abcdef"
PERSONA = persona()

Connecting = Callable[..., Client]


@pytest.fixture(scope="session")
def prompt() -> Prompt:
    """What the Builder is asked about a tool."""
    return Prompter.load(Path(__file__).parents[2] / "prompts").prompt(TOOL, PERSONA)


@pytest.fixture(params=["openai", "mistral"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which SDK asks."""
    return str(request.param)


@pytest.fixture
async def connected(kind: str) -> AsyncIterator[Connecting]:
    """Gives a client of this kind for a server's address; `settings` go to the model."""
    opened: list[Client] = []

    def at(url: str, **settings: Any) -> Client:
        base_url = url if kind == "mistral" else f"{url}/v1"
        given = {"provider": kind, "model": "test-model", "base_url": base_url, "key_variable": "TEST_KEY", **settings}
        model = resolve("mine", {"mine": ModelSettings.model_validate(given)})
        opened.append(connect(model, {"TEST_KEY": KEY}))
        return opened[-1]

    yield at
    for client in opened:
        await close(client)
