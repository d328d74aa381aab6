"""What a rule against steering is made of: techniques, excuses, and the fragments that patterns share.

Patterns aim at text that speaks to whoever judges: orders in the imperative, asks for a score, ready-made replies. Text
*about* such text, as in security products and prompt tools, is told apart by grammar (an order opens its clause) and by
the excuse. The rules stand in `orders`, `demands`, `pressure` and `languages`.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Excuse(Enum):
    """When a hit is only a mention of the technique.

    `TOLD`: its sentence has spoken of attacks, detection or examples before it, or it is quoted in such a sentence.
    `QUOTED`: it is quoted in a sentence about attacks. `SYNTAX`: it is quoted, or its sentence is about formats.
    """

    TOLD = "told"
    QUOTED = "quoted"
    SYNTAX = "syntax"


class Rule(NamedTuple):
    """One way to steer. One of `cues` (lower case) must occur in a text before `pattern` is tried at all."""

    technique: str
    cues: tuple[str, ...]
    pattern: str
    excuse: Excuse = Excuse.QUOTED


def pairs(firsts: str, seconds: str) -> tuple[str, ...]:
    """Cues of two words: every first with every second."""
    return tuple(f"{first} {second}" for first in firsts.split() for second in seconds.split())


ORDER = "order to the reviewer"
SPEAKS = "text that speaks to a model or reviewer"
AUTHORITY = "claim to speak with authority"
ROLE = "role given to the reviewer"
ANCHOR = "demand for a score or verdict"
FORGED = "forged reply"
DELIMITER = "forged delimiter"
PRESSURE = "pressure on the reviewer"

OPENS = (
    r"(?:^|(?<=[\n.!?:;,(\[>*#\"'—–/|=-])\s{0,3}|"
    r"\b(?:please|must|now|then|and|so|should|shall|you to|you will|you are to|also|instead|immediately|kindly|just|"
    r"reviewers?|model|assistant|ai)[, ]\s?|(?<=\w )(?=(?-i:[A-Z])))"
)
"""Where an imperative stands: at the start of a sentence or clause, with a capital inside one, or after "please"."""

LINE = r"(?:^|(?<=[\n.!?;(\[<#*|])\s{0,3}|-- ?|(?<=\]: ))"
"""The start of a line or a sentence."""

AI = (
    r"(?:ai|llm|large language model|language model|automated (?:reviewer|system)|"
    r"ai (?:reviewer|model|assistant|agent))"
)
JUDGES = (
    r"(?:(?:ai |llm |automated |language[- ]model )?(?:reviewers?|graders?|judges?|evaluators?)|"
    r"panel(?:lists?| members?)?)"
)
MODELS = r"(?:language models?|llms?|ai (?:models?|assistants?|systems?|agents?)|chatgpt|claude|gpt|gemini)"
PEOPLE = rf"(?:{JUDGES}|{MODELS})"
THIS = r"(?:this|it|us|our (?:tool|product|\w+)|the (?:tool|product|software|description|submission|entry))"
TOP = r"(?:9\d|100|10|ten|a hundred|full|perfect|highest|maximum|max|top|five stars|5 stars|ship)"
PRAISE = r"(?:positive|glowing|favou?rable|enthusiastic|5-star|five-star|excellent)"
