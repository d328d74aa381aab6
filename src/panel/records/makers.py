"""Makers: who trained a model, so that a model reviewing its own maker's tool is disclosed (law 12).

The maker counts, not the host. Unknown stays unknown; a user names the maker in `panel.toml`.
"""

import re

_FAMILIES = (
    (r"gpt|o[1-9](?:-|$)|chatgpt|davinci", "OpenAI"),
    (r"mistral|ministral|magistral|codestral|devstral|mixtral|pixtral|voxtral", "Mistral AI"),
    (r"claude", "Anthropic"),
    (r"gemini|gemma", "Google"),
    (r"llama", "Meta"),
    (r"qwen|qwq", "Alibaba"),
    (r"deepseek", "DeepSeek"),
    (r"phi-?\d", "Microsoft"),
    (r"command|aya", "Cohere"),
    (r"grok", "xAI"),
    (r"granite", "IBM"),
    (r"nemotron", "NVIDIA"),
)
_LEGAL = (
    r"\b(inc|llc|ltd|pbc|gmbh|sas|sa|corp|corporation|company|co|ai|labs?|deepmind|platforms|research|cloud)\b|[^\w\s]"
)


def maker_of(model: str) -> str | None:
    """The maker of a model by the family its name begins with, in the last part of a path; None if unknown.

    A fine-tuned model (`ft:…`) and one named for its open weights (`open-…`) keep the maker of their family.
    """
    name = model.lower().rsplit("/", 1)[-1].removeprefix("ft:").removeprefix("open-")
    return next((maker for pattern, maker in _FAMILIES if re.match(pattern, name)), None)


def same_maker(maker: str | None, vendor: str | None) -> bool:
    """Whether two names mean one company, legal forms and punctuation aside."""
    if not maker or not vendor:
        return False
    return bool(_core(maker)) and _core(maker) in {_core(part) for part in re.split(r"[,;/&()]| and ", vendor)}


def _core(name: str) -> str:
    return " ".join(re.sub(_LEGAL, " ", name.lower()).split())
