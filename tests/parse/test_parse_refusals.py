"""Refusals are known by how they open, opinions by what they say."""

from __future__ import annotations

import pytest

from panel.parse.refusals import is_refusal

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I’m sorry, I cannot assist with this request.",
    "Sorry, I can't comply.",
    "I apologize, but this is out of scope.",
    "Unfortunately, I cannot provide a review.",
    "As an AI language model, I can't evaluate this.",
    "I must decline to answer.",
    "**I am unable to process this content.**",
    "Es tut mir leid, das kann ich nicht.",
    "Leider kann ich dabei nicht helfen.",
    "Désolé, je ne peux pas vous aider.",
    "Lo siento, no puedo ayudar.",
    "Mi dispiace, non posso aiutarti.",
    "Desculpe, não posso ajudar.",
    "Het spijt me, dat kan ik niet.",
    "Przykro mi, nie mogę pomóc.",
    "К сожалению, я не могу помочь.",
    "Üzgünüm, yardımcı olamam.",
    "很抱歉，我无法完成。",
    "申し訳ございません。",
    "죄송합니다.",
    "عذرًا، لا أستطيع المساعدة.",
]
OPINIONS = [
    "I cannot recommend this tool to anyone.",
    "I can't see why a team would pay.",
    "Sorry state of affairs: no date, no cluster.",
    "Unfortunately, the exit is closed.",
    "I will not pay for single sign-on.",
    "No puedo recomendarlo.",
    "Je ne peux pas recommander cet outil.",
    "Ich kann es niemandem empfehlen.",
    "Brinefish declines to name a date.",
    "",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_text_that_declines_to_answer_is_a_refusal(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize("text", OPINIONS)
def test_an_opinion_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)
