"""Room: how servers say that prompt and answer do not fit into a model, and how much would. Pure.

OpenAI, llama-server and llama-cpp-python have a code for it; vLLM, Ollama, Mistral and most gateways say it in words
alone. The patterns are of words that were seen; a server with others is read as one that refused the request.
"""

from __future__ import annotations

import re

_NO_ROOM = re.compile(
    r"maximum context length|context (?:length|window|size)|too large for model|prompt is too long|"
    r"input token count.{0,60}exceed|max_tokens must be at least 1, got -",
    re.IGNORECASE,
)
"""How servers without a code for it say that prompt and answer do not fit."""

_ASKED = re.compile(
    r"""(?:requested\ (?:about\ )?|resulted\ in\ |contains\ |"n_prompt_tokens"\s*:\s*|prompt\ is\ too\ long:\ |
    request\ \(|requested\ tokens\ \(|token\ count\ \(?)(\d[\d,]{0,12})""",
    re.IGNORECASE | re.VERBOSE,
)
_FITS = re.compile(
    r"""(?:maximum\ context\ length\ (?:is|of)\ |"n_ctx"\s*:\s*|context\ (?:size|window|length)(?:\ \(|\ of\ |\ is\ )|
    tokens\ >\ |for\ model\ with\ |tokens\ allowed\ \(?)(\d[\d,]{0,12})""",
    re.IGNORECASE | re.VERBOSE,
)
_CAP = re.compile(r"too large: (\d{1,12})\b.{0,200}?has (\d{1,12}) input tokens", re.DOTALL)
"""vLLM names the cap and the prompt apart."""


def is_full(message: str) -> bool:
    """Whether an error's message says that there is not enough room."""
    return bool(_NO_ROOM.search(message))


def sizes(body: bytes) -> str:
    """How much was asked for and how much fits, in tokens, as far as the server says."""
    text = body[:4000].decode("utf-8", "replace")
    apart, asked, fits = _CAP.search(text), _ASKED.search(text), _FITS.search(text)
    wanted = int(apart[1]) + int(apart[2]) if apart else asked and int(asked[1].replace(",", ""))
    room = fits and int(fits[1].replace(",", ""))
    parts = [f"{wanted:,} tokens asked for" if wanted else "", f"{room:,} fit" if room else ""]
    return "".join(f", {part}" for part in parts if part)
