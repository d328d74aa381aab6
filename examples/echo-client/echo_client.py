"""The smallest client for panel: it repeats the tool's own words and gives everything the middle score.

A client of yours makes its call where `_answer` is: once, without retrying. What goes wrong there is raised as a
`panel.errors.ClientError`.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping
from typing import Any

from panel.records.cap import cap_of
from panel.records.model import Model
from panel.records.prompt import Prompt
from panel.records.reply import Attempt, Finish, Reply


def connect(model: Model, environ: Mapping[str, str]) -> EchoClient:
    """What the entry point names. A client with a key reads it from `environ[model.key_variable]`."""
    return EchoClient(model)


class EchoClient:
    """A name, and an `ask`."""

    def __init__(self, model: Model) -> None:
        self.name = model.name
        self._model = model

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply to one prompt, with the one attempt it took."""
        asked_at, started = dt.datetime.now(dt.UTC), time.monotonic()
        text = json.dumps(_answer(prompt))
        latency_s = time.monotonic() - started
        attempt = Attempt(asked_at=asked_at, latency_s=latency_s, cap=cap_of(self._model, prompt))  # uncounted
        return Reply(
            text=text,
            finish=Finish.STOP,
            model_asked=self._model.model,
            asked_at=asked_at,
            latency_s=latency_s,
            attempts=(attempt,),
        )


def _answer(prompt: Prompt) -> dict[str, Any]:
    tool = prompt.fenced()
    form: Any = prompt.reply_schema["properties"]
    answers, criteria = form["answers"]["properties"], form["criteria"]["properties"]
    quote = tool["description"][:120]
    given: dict[str, Any] = {"basis": "thin"}
    given |= {"evidence": [{"quote": quote, "side": "for", "shows": "what the vendor says"}]}
    given |= {"not_stated": ["everything else"], "concerns": [f"only an echo of {tool['name']}"], "review": quote}
    given |= {"answers": dict.fromkeys(answers, "An echo."), "criteria": dict.fromkeys(criteria, 5)}
    given |= {"score": 50, "verdict": "skip"}
    return {name: given.get(name) for name in form}
