"""Model: who answers. What is configured about it, never its key."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints, model_validator

from panel.records.base import Record

OFFLINE = "offline"
"""The provider of the embedded rubric."""


Api = Literal["chat", "responses"]
"""Which of OpenAI's interfaces is spoken; `responses` at OpenAI's own host only."""


class SchemaMode(StrEnum):
    """How a server is made to answer in the form asked for: what it offers, best first.

    `json_schema` sends the schema for the server to enforce; `json_object` asks it for JSON and states the schema in
    the prompt; `prompt` only states it.
    """

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    PROMPT = "prompt"


class Price(Record):
    """US dollars per million tokens, as the user states them; `0` alone is short for no charge at all."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached: Decimal | None = Field(default=None, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return {"input": 0, "output": 0} if value == 0 and not isinstance(value, bool) else value


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
    api: Api = "chat"
    schema_mode: SchemaMode | None = None
    """Where the user states it, the server is not probed."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    concurrency: int | None = Field(default=None, ge=1)
    """Calls of this model's endpoint under way at most, in place of the general setting."""
    deadline_s: float | None = Field(default=None, gt=0)
    """How long one seat may take in all, from its first call on: retries, waits and asking again included."""


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
    api: Api = "chat"
    schema_mode: SchemaMode | None = None
    """Where the user states it, the server is not probed."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    concurrency: int | None = Field(default=None, ge=1)
    """Calls of this model's endpoint under way at most, in place of the general setting."""
    deadline_s: float = Field(default=900.0, gt=0)
    """How long one seat may take in all, from its first call on: retries, waits and asking again included."""

    @property
    def is_offline(self) -> bool:
        """Whether this is a rubric in code and not a language model."""
        return self.provider == OFFLINE

    @property
    def written_by(self) -> str:
        return "offline rubric, no language model" if self.is_offline else "written by a language model"
