"""OfflineClient: the rubric in the shape of a client. The clock gives the time stamp and nothing else."""

from __future__ import annotations

import time

from panel.clients.offline.version import MODEL_ID
from panel.records.prompt import Prompt
from panel.records.reply import Finish, Reply, utc


class OfflineClient:
    """Answers from the prompt's fields and the persona's signals, at no cost and without a network."""

    name = "offline"

    async def ask(self, prompt: Prompt) -> Reply:
        """The reply to one prompt; raises SeatFailed where the persona lists no signals."""
        from panel.clients.offline.answer import answer

        asked_at = utc(time.time())
        started = time.perf_counter()
        text = answer(prompt)
        return Reply(
            text=text,
            finish=Finish.STOP,
            model_asked=MODEL_ID,
            model_served=MODEL_ID,
            asked_at=asked_at,
            latency_s=time.perf_counter() - started,
        )
