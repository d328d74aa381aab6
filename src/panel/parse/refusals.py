"""Refusals: prose in which a model declines to answer. Text in, yes or no out.

Looks at how a text opens, in the languages models answer in. "I cannot recommend this tool" opens an opinion and not a
refusal: where the verb decides, only verbs of service count.
"""

from __future__ import annotations

import re
from functools import cache

from panel.parse.words import straight

_OPENING = 240
"""Characters of a text in which a refusal announces itself."""

_SERVICE = (
    r"(?:help|assist|comply|fulfil+|provide|answer|complete|continue|process|participate|engage|respond|produce|"
    r"generate|create|discuss|proceed|do (?:that|this|so)|support this|(?:review|evaluate|rate|judge|score) (?:this|"
    r"that|it|the))"
)
_REFUSALS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("sorry",), r"(?:i'?m|i am|we're|we are) (?:very |so |really |truly )?sorry"),
    (("sorry", "apologies"), r"(?:sorry|(?:my )?apologies)(?:[,.!:;—-]|,? (?:but|i|we|about|for)\b)"),
    (("apologi",), r"i (?:sincerely )?apologi[sz]e"),
    (
        ("i can", "i could not", "i won", "i will not", "i must not", "i am not able", "i am unable"),
        r"(?:unfortunately,? |regrettably,? |as an? (?:ai|artificial|large|language)[^.]{0,60}?,? )?"
        rf"i (?:can'?t|cannot|can not|could not|won'?t|will not|must not|am (?:not able|"
        rf"unable) to) (?:\w+ )?{_SERVICE}\b",
    ),
    (("i'm not able", "i'm unable"), rf"i'm (?:not able|unable) to {_SERVICE}\b"),
    (("decline", "refuse"), r"i (?:must|have to|need to|will) (?:respectfully |politely )?(?:decline|refuse)"),
    (("decline", "refuse"), r"i (?:respectfully |politely )?(?:decline|refuse) to\b"),
    (
        ("request", "prompt", "content"),
        r"(?:this|your) (?:request|prompt|content) (?:violates|goes against|is against|cannot be|can'?t be)",
    ),
    (
        ("es tut mir", "entschuldigung", "leider", "kann ich", "ich kann"),
        r"(?:es tut mir (?:sehr )?leid|entschuldigung|leider (?:kann|darf) ich|(?:dabei|das|"
        r"hierbei) kann ich .{0,40}nicht|ich kann (?:ihnen |dir )?(?:dabei|das|diese[rsnm]?|hierbei) .{0,60}nicht)",
    ),
    (
        ("je suis", "désolé", "je ne "),
        r"(?:je suis (?:vraiment )?désolée?|désolée?\b|je ne peux pas (?:vous aider|répondre|fournir|traiter|"
        r"donner suite|accéder)|je ne suis pas en mesure)",
    ),
    (
        ("lo siento", "lo lamento", "disculpa", "no puedo"),
        r"(?:lo siento|lo lamento|disculpa[,.]|no puedo (?:ayudar|responder|proporcionar|cumplir|continuar|procesar))",
    ),
    (
        ("mi dispiace", "spiacente", "non posso"),
        r"(?:mi dispiace|spiacente|non posso (?:aiutar|rispond|fornir|procedere|soddisfare))",
    ),
    (
        ("sinto muito", "desculpe", "lamento", "não posso"),
        r"(?:sinto muito|desculpe[,.]|lamento,|não posso (?:ajudar|responder|fornecer|continuar|atender))",
    ),
    (
        ("het spijt me", "helaas", "ik kan"),
        r"(?:het spijt me|helaas kan ik|ik kan (?:je|u|hier) .{0,30}niet (?:helpen|mee))",
    ),
    (
        ("przepraszam", "przykro mi", "niestety", "nie mogę"),
        r"(?:przepraszam|przykro mi|niestety nie mogę|nie mogę (?:pomóc|odpowiedzieć|spełnić))",
    ),
    (
        ("извините", "простите", "к сожалению", "я не могу"),
        r"(?:извините|простите|к сожалению, я не|я не могу (?:помочь|ответить|выполнить|предоставить))",
    ),
    (("üzgünüm", "özür", "maalesef"), r"(?:üzgünüm|özür dilerim|maalesef .{0,30}yardımcı olamam)"),
    (
        ("抱歉", "对不起", "對不起", "我无法", "我無法", "我不能"),
        r"(?:很抱歉|抱歉|对不起|對不起|我无法|我無法|我不能(?:提供|回答|协助|帮助|处理))",
    ),
    (
        ("申し訳", "すみません", "ごめんなさい", "できません"),
        r"(?:申し訳|すみません|ごめんなさい|お手伝いできません|お答えできません)",
    ),
    (("죄송", "미안하지만", "도와드릴"), r"(?:죄송|미안하지만|도와드릴 수 없)"),
    (("عذر", "آسف", "أعتذر", "لا أستطيع", "لا يمكنني"), r"(?:عذر|آسف|أعتذر|لا أستطيع|لا يمكنني)"),
    (("क्षमा", "माफ़", "मुझे खेद"), r"(?:क्षमा करें|माफ़ करें|मुझे खेद है)"),
)
"""Openings of a refusal, language by language: cues (lower case), one of which must occur, and the pattern."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{pattern})", re.IGNORECASE)


def is_refusal(text: str) -> bool:
    """Whether a text opens as a refusal."""
    opening = straight(text[: 4 * _OPENING])[:_OPENING]
    lower = opening.lower()
    told = (pattern for cues, pattern in _REFUSALS if any(cue in lower for cue in cues))
    return any(_compiled(pattern).match(opening) for pattern in told)
