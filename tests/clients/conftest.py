"""Asking once, through each kind of client, at a provider on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from client_samples import ENVIRON, KINDS, a_prompt, model_at
from loopback.server import Behaviour, Provider

from panel.clients import Client, close, connect
from panel.records.reply import Reply

Asking = Callable[..., Any]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def ask(provider: Provider, kind: str) -> AsyncIterator[Asking]:
    """Asks once at the provider, after scripting it; `settings` go to the model."""
    opened: list[Client] = []

    async def asking(behaviour: Behaviour, **settings: Any) -> Reply:
        provider.script([behaviour])
        client = connect(model_at(provider, kind, **settings), ENVIRON)
        opened.append(client)
        return await client.ask(a_prompt())

    yield asking
    for client in opened:
        await close(client)
