"""Every error that panel raises on purpose, in one tree.

    PanelError
    ├── UsageError            what was asked for does not exist or does not fit together
    │   └── ConfigError       panel.toml, a variable or a flag holds something unusable
    ├── InputError            a file a person wrote: catalogue entry, persona, template
    ├── StoreError            a run folder cannot be written, read or understood
    │   └── RunBusy           another process is writing this run
    └── ClientError           a model gave no reply
        ├── RunStopping       asking anyone again is pointless: key, quota, permission, unknown model
        └── SeatFailed        this seat got no reply; others may

Each class says whether asking again can help (`retryable`) and carries a `hint`, the next step in the user's words.
Third parties' exceptions are turned into these at the one place where their package is imported.
"""

from __future__ import annotations


class PanelError(Exception):
    """The root. `message` says what was found and what was expected; `hint` says what to do next."""

    retryable = False
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(PanelError):
    """The request names something that does not exist, or asks for what cannot be combined."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting (file, variable or flag) holds a value that cannot be used."""


class InputError(PanelError):
    """An authored file is wrong. Names the file, the line where known, and the field."""

    exit_code = 3

    def __init__(
        self, message: str, *, hint: str = "", file: str = "", line: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.what = message
        self.file = file
        self.line = line
        self.field = field

    @classmethod
    def at(
        cls, file: str, what: str, *, hint: str = "", line: int | None = None, field: str | None = None
    ) -> InputError:
        """The error whose message begins with its place: "catalogue/uv.md, line 7, entry: …"; `what` keeps the rest."""
        place = ", ".join(part for part in (file, f"line {line}" if line else "", field or "") if part)
        error = cls(f"{place}: {what}", hint=hint, file=file, line=line, field=field)
        error.what = what
        return error


class StoreError(PanelError):
    """A run folder cannot be written, read or understood."""

    exit_code = 4


class RunBusy(StoreError):
    """Another process holds the lock of this run."""

    retryable = True


class ClientError(PanelError):
    """A model gave no reply.

    `code` is a short stable word for logs and records; `status` the HTTP status where there was one; `request_id` the
    provider's; `retry_after_s` what the provider asked us to wait; `billed` whether the call may have been charged.
    """

    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "error",
        status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        billed: bool = False,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.billed = billed
        if retryable is not None:
            self.retryable = retryable


class RunStopping(ClientError):
    """No other seat of this model can succeed either: bad key, no quota, no permission, no such model."""


class SeatFailed(ClientError):
    """This seat got no reply and stays pending; the others go on."""

    retryable = True
