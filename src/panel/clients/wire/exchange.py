"""Exchange: one response as it came over the wire, before anyone reads it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple


class Exchange(NamedTuple):
    """`headers` with lower-case names; `content` the body with the key taken out, should the server have echoed it."""

    status: int
    headers: dict[str, str]
    content: bytes
    asked_at: dt.datetime
    latency_s: float
