"""Check: what is known of a model before it is asked anything, and after one tiny call. Shown, never stored."""

import datetime as dt
from decimal import Decimal
from typing import Literal

from pydantic import Field

from panel.records.base import Record
from panel.records.model import SchemaMode

KeyState = Literal["set", "missing", "unusable", "refused", "none needed", "its client's own"]
"""Of a model's key: there, absent, such that no server would take it, refused by the server; or none is asked for."""


class Rate(Record):
    """US dollars per million tokens, None where unknown; `source` says whose price it is, or why there is none."""

    input_usd: Decimal | None = None
    output_usd: Decimal | None = None
    source: str


class Trouble(Record):
    """Why a model cannot be used, in the words of its client, and the next step."""

    code: str
    message: str
    hint: str = ""


class Listed(Record):
    """A name that `--model` takes; `name` ends in `/<model>` where any model of that host can be put there.

    `usable` is None where only asking would tell.
    """

    name: str
    kind: Literal["offline", "provider", "local server", "panel.toml", "installed client"]
    provider: str
    model: str | None = None
    address: str | None = None
    key: KeyState
    key_variable: str | None = None
    price: Rate | None = None
    maker: str | None = None
    usable: bool | None
    trouble: Trouble | None = None


class StatedLimit(Record):
    """What a provider's headers said of requests or of tokens; None where they did not."""

    per_minute: float | None = None
    left: float | None = None
    reset_s: float | None = None


class Checked(Record):
    """What one tiny call showed.

    `served_another` is None where the server did not say who answered. `cost_usd` is of the check itself, all `calls`
    together, and None where a part of it is unknown. `limits` has `requests` and `tokens`, as far as headers said.
    """

    name: str
    provider: str
    model: str
    address: str | None
    usable: bool
    key: KeyState
    key_variable: str | None
    reached: bool | None
    latency_s: float | None = None
    mode: SchemaMode | None = None
    ignores_schema: bool = False
    model_served: str | None = None
    served_another: bool | None = None
    limits: dict[str, StatedLimit] = Field(default_factory=dict)
    price: Rate
    calls: int
    cost_usd: Decimal | None
    cost_source: str
    shutdown: dt.date | None = None
    replacement: str | None = None
    warnings: tuple[str, ...] = ()
    trouble: Trouble | None = None
