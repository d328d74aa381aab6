"""Model: who answers. What is configured about it, never its key."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from panel.records.base import Record

OFFLINE = "offline"
"""The provider of the embedded rubric."""


class Price(Record):
    """US dollars per million tokens, as the user states them."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached: Decimal | None = Field(default=None, ge=0)


class ModelSettings(Record):
    """`[models.NAME]` of panel.toml: a model under a name of the user's own."""

    provider: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    model: Annotated[str, StringConstraints(min_length=1, max_length=160)]
    base_url: str | None = None
    key_variable: str | None = None
    maker: str | None = None
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    max_output_tokens: int | None = Field(default=None, ge=16)
    timeout_s: float | None = Field(default=None, gt=0)
    price: Price | None = None


class Model(Record):
    """A model as asked for.

    `name` is what the user types (`openai/gpt-6-luna`, `offline`) and what the slot carries; `endpoint` the normalised
    base URL or the endpoint's name; `maker` who trained the model (not who hosts it), if known; `reads_local` whether
    the client answers from the prompt's signals; `written_by` the notice shown on all it writes.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,159}$")]
    provider: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    model: Annotated[str, StringConstraints(min_length=1, max_length=160)]
    endpoint: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    maker: str | None = None
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    reads_local: bool = False
    base_url: str | None = None
    key_variable: str | None = None
    """The environment variable that holds the key; the key itself is never in a record."""
    max_output_tokens: int = Field(default=6000, ge=16)
    timeout_s: float = Field(default=180.0, gt=0)
    price: Price | None = None
    """What the user says a token costs; goes before any price table."""

    @property
    def is_offline(self) -> bool:
        """Whether this is a rubric in code and not a language model."""
        return self.provider == OFFLINE

    @property
    def written_by(self) -> str:
        return "offline rubric, no language model" if self.is_offline else "written by a language model"
