"""Makers: who trained a model, so that a model reviewing its own maker's tool is disclosed (law 12).

The maker counts, not the host. Unknown stays unknown; a user names the maker in `panel.toml`.
"""

import re

_FAMILIES = (
    (r"gpt-(?:j|neo)", "EleutherAI"),
    (r"gpt(?!4all)|o[1-9](?:-|:|$)|chatgpt|davinci|text-davinci", "OpenAI"),
    (r"mistral|ministral|magistral|codestral|devstral|mixtral|pixtral|voxtral", "Mistral AI"),
    (r"claude", "Anthropic"),
    (r"gemini|gemma|codegemma|medgemma", "Google"),
    (r"(?:meta-|code-?)?llama", "Meta"),
    (r"qwen|qwq|codeqwen", "Alibaba"),
    (r"deepseek", "DeepSeek"),
    (r"phi-?\d", "Microsoft"),
    (r"(?:c4ai-)?(?:command|aya)", "Cohere"),
    (r"grok", "xAI"),
    (r"granite", "IBM"),
    (r"nemotron", "NVIDIA"),
)
_HOSTED = re.compile(r"^(?:[a-z]{2,}\.)+")
"""Words before the name, as hosts of several makers' models write them."""
_LEGAL = (
    r"\b(inc|llc|ltd|pbc|gmbh|sas|sa|corp|corporation|company|co|ai|labs?|deepmind|platforms|research|cloud)\b|[^\w\s]"
)


def maker_of(model: str) -> str | None:
    """The maker of a model by the family its name begins with, in the last part of a path; None if unknown.

    A fine-tuned model (`ft:…`) and one named for its open weights (`open-…`) keep the maker of their family, and so
    does one under a host's region and vendor (`eu.anthropic.claude-…`).
    """
    name = _HOSTED.sub("", model.lower().rsplit("/", 1)[-1].removeprefix("ft:")).removeprefix("open-")
    return next((maker for pattern, maker in _FAMILIES if re.match(pattern, name)), None)


def same_maker(maker: str | None, vendor: str | None) -> bool:
    """Whether two names mean one company, legal forms and punctuation aside."""
    if not maker or not vendor:
        return False
    core = core_of(maker).casefold()
    return bool(core) and core in {core_of(part).casefold() for part in makers_in(vendor)}


def makers_in(vendor: str) -> list[str]:
    """The companies that a vendor field names: "Microsoft and OpenAI" holds two."""
    return [part.strip() for part in re.split(r"[,;/&()]| and ", vendor) if part.strip()]


def core_of(name: str) -> str:
    """A company's name without legal form, general words and punctuation; empty where nothing else is in it."""
    return " ".join(re.sub(_LEGAL, " ", name, flags=re.IGNORECASE).split())
