"""The offline client: a client like any other, whose answer is a pure function of the prompt."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from offline_bench import VOTERS, catalogue, made_up, personas, prompt, said

from panel.clients.offline import MODEL_ID, OfflineClient
from panel.clients.offline.answer import answer
from panel.errors import SeatFailed
from panel.parse import parse
from panel.records.reply import Finish
from panel.records.reply_schema import keys_of
from panel.records.verdict import Scored


async def test_the_reply_is_whole_and_names_the_rubric_as_its_model() -> None:
    before = dt.datetime.now(dt.UTC)
    reply = await OfflineClient().ask(prompt(catalogue()["sqlite"]))
    assert (reply.finish, reply.model_asked, reply.model_served) == (Finish.STOP, MODEL_ID, MODEL_ID)
    assert reply.usage is None
    assert before <= reply.asked_at <= dt.datetime.now(dt.UTC)


async def test_two_asks_give_the_same_bytes() -> None:
    first = await OfflineClient().ask(prompt(catalogue()["uv"], "skeptic"))
    second = await OfflineClient().ask(prompt(catalogue()["uv"], "skeptic"))
    assert first.text.encode() == second.text.encode()


@pytest.mark.parametrize("persona", [*VOTERS, "control"])
async def test_the_reply_takes_the_same_path_as_a_models_and_scores_without_a_flag(persona: str) -> None:
    asked = prompt(catalogue()["duckdb"], persona)
    verdict = parse(await OfflineClient().ask(asked), asked, personas()[persona])
    assert isinstance(verdict, Scored)
    assert verdict.flags == ()
    assert verdict.notes == ()


@pytest.mark.parametrize("persona", [*VOTERS, "control"])
def test_keys_come_in_the_order_of_the_schema(persona: str) -> None:
    """Law 1: what was read, what follows from it, then numbers."""
    text = answer(prompt(catalogue()["terraform"], persona))
    assert list(json.loads(text)) == list(keys_of(personas()[persona]))


def test_a_persona_without_signals_gets_no_reply_and_a_hint() -> None:
    silent = prompt(catalogue()["uv"]).model_copy(update={"local": None})
    with pytest.raises(SeatFailed, match="no signals") as caught:
        answer(silent)
    assert not caught.value.retryable
    assert "signals" in caught.value.hint


def test_a_question_and_a_criterion_without_signals_are_told_as_not_stated() -> None:
    persona = personas()["builder"]
    assert persona.signals is not None
    bare = persona.signals.model_copy(update={"questions": {}, "criteria": {}})
    asked = prompt(catalogue()["uv"])
    assert asked.local is not None
    reply = json.loads(answer(asked.model_copy(update={"local": asked.local.model_copy(update={"signals": bare})})))
    assert set(reply["answers"].values()) == {"Not stated: no signal is listed for this question."}
    assert set(reply["criteria"].values()) <= {2, 3, 4}
    assert reply["verdict"] == "skip"


def test_only_personas_that_predict_predict() -> None:
    tool, _ = made_up()["ledgerdb"]
    assert {name for name in personas() if "prediction" in said(tool, name)} == {"skeptic", "futurist"}
    assert all(said(tool, name)["prediction"] for name in ("skeptic", "futurist"))
