"""Many asks at once on one client: together, apart from each other, and within the limits."""

from __future__ import annotations

import asyncio

import pytest
from client_samples import ENVIRON, a_prompt, model_at
from loopback import behaviours as does
from loopback.server import Provider

from panel.clients import close, connect

TEXT = '{"review": "…", "doubt": null, "score": 61, "verdict": "ship"}'


async def test_many_asks_share_one_client_and_run_together(provider: Provider, kind: str) -> None:
    provider.script(does.slow(does.ok(TEXT), 0.2))
    client = connect(model_at(provider, kind), ENVIRON)
    replies = await asyncio.gather(*(client.ask(a_prompt(f"tool {i}")) for i in range(60)))
    assert [reply.text for reply in replies] == [TEXT] * 60
    assert provider.most_at_once > 20
    assert {request.body["messages"][1]["content"] for request in provider.requests} == {
        f"On tool {i} ⟦…⟧" for i in range(60)
    }
    await close(client)


async def test_replies_of_concurrent_asks_are_not_mixed_up(provider: Provider, kind: str) -> None:
    """Law 10: each seat gets its own answer."""
    provider.script(lambda request: does.ok(request.body["messages"][1]["content"])(request))
    client = connect(model_at(provider, kind), ENVIRON)
    replies = await asyncio.gather(*(client.ask(a_prompt(str(i))) for i in range(30)))
    assert [reply.text for reply in replies] == [f"On {i} ⟦…⟧" for i in range(30)]
    await close(client)


async def test_the_wait_for_a_free_connection_is_not_time_that_a_call_took(
    provider: Provider, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("panel.clients.wire.wire.AT_ONCE", 1)
    provider.script(does.slow(does.ok(TEXT), 0.15))
    client = connect(model_at(provider, kind, timeout_s=0.4), ENVIRON)
    replies = await asyncio.gather(*(client.ask(a_prompt()) for _ in range(4)))
    assert all(reply.latency_s < 0.4 for reply in replies)
    assert provider.most_at_once == 1
    await close(client)


async def test_a_cancelled_ask_is_cancelled_and_leaves_the_client_usable(provider: Provider, kind: str) -> None:
    provider.script([does.slow(does.ok(TEXT), 1.0), does.ok("after")])
    client = connect(model_at(provider, kind), ENVIRON)
    asked = asyncio.ensure_future(client.ask(a_prompt()))
    await asyncio.sleep(0.15)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert (await client.ask(a_prompt())).text == "after"
    await close(client)
