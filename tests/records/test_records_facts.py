"""Law 7: code counts a description's checkable facts, in any language; copy without specifics stays under the floor."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.records.facts import FLOOR, checkable_facts

COPY = {
    "platform": (
        "Acme Flow is the all-in-one platform that helps modern teams move faster and achieve more. Built "
        "for scale and "
        "designed for simplicity, it empowers developers to focus on what matters most. With powerful AI at its core, "
        "Acme Flow streamlines your workflow from end to end, unlocking productivity like never before. Join thousands "
        "of happy customers who trust us 24/7 and see 10x better results today."
    ),
    "enterprise": (
        "Our cutting-edge, enterprise-grade solution uses best-in-class AI and ML to deliver seamless experiences. "
        "Whether you are a startup or a large enterprise, you will love how easy it is to get started. Intuitive, "
        "flexible and secure, it adapts to your needs and grows with your business. Reduce costs, increase "
        "ROI, delight "
        "your users, and stay ahead of the competition with the leading platform for modern teams."
    ),
    "headline": (
        "NovaStack: The Future of Development. NovaStack is a next-generation developer platform. It offers "
        "blazing-fast "
        "performance, rock-solid reliability, and beautiful design. Our Smart Engine understands your code and "
        "anticipates your needs. Teams across the world use NovaStack to build amazing products in minutes instead of "
        "weeks. Simple pricing, no surprises, and world-class support. Start your journey today."
    ),
    "abbreviations": (
        "FluxAI is an AI-powered SaaS platform for DevOps teams. It is simple, secure and scalable. FluxAI integrates "
        "with your favourite tools, automates repetitive work and gives you real-time insights, so your team can ship "
        "faster with confidence. It is 100% customisable, works everywhere, and our API makes it easy to "
        "extend. The #1 "
        "choice for modern engineering organisations that want to innovate at speed, 365 degrees round."
    ),
    "title case": (
        "The Best Platform For Your Team. Build Better Products With Smart Tools And Magic Insights. Our Unified "
        "Experience Delivers Real Value To Every Customer. Powerful Automation, Beautiful Dashboards And Seamless "
        "Collaboration In One Place. Start Free Today And Join The Revolution Of Modern Software."
    ),
    "German": (
        "Unsere innovative Plattform bietet Unternehmen jeder Größe maximale Flexibilität und höchste Effizienz. Dank "
        "modernster Technologie und künstlicher Intelligenz optimieren Sie Ihre Prozesse nachhaltig und steigern die "
        "Zufriedenheit Ihrer Kunden. Die intuitive Oberfläche sorgt für einen schnellen Einstieg, während "
        "unser Team Sie "
        "jederzeit kompetent unterstützt. Vertrauen Sie auf Qualität, Sicherheit und Erfahrung."
    ),
    "French": (
        "Notre solution innovante accompagne les équipes modernes dans leur transformation. Simple, rapide "
        "et sécurisée, "
        "elle vous permet de gagner du temps et de vous concentrer sur l'essentiel. Grâce à une technologie de pointe, "
        "vous améliorez la qualité de vos produits et la satisfaction de vos clients."
    ),
    "Chinese": "我们的平台采用最先进的技术，帮助企业提升效率，降低成本。无论您是初创公司还是大型企业，都能轻松上手。",
}
DESCRIPTIONS = {
    "a weights release": (
        "Korund 2 is a 13-billion-parameter model with open weights under Apache 2.0. It fits consumer GPUs, and the "
        "files are on Hugging Face. The aim is local inference and fine-tuning without an API; the makers "
        "say it stands "
        "between small models and the largest ones, and name no benchmark for that claim at all so far."
    ),
    "a service in beta": (
        "Halyard's Voice API gives developers a structured way to build spoken assistants that can be interrupted. It "
        "brings turn detection, function calling and session handling, so that less code is needed before a "
        "first call, "
        "and comes with an SDK. It is in public beta, and each minute of audio is billed."
    ),
    "a library": "A wrapper round sqlite3 for Node.js 18, MIT, 40 kB, without dependencies; `npm i tarn` installs it.",
    "German": (
        "Der Dienst speichert Metriken bis zu 90 Tage, kostet 12 € pro Knoten und Monat und läuft unter Apache 2.0. "
        "Version 3.2 erschien am 4. März 2026 und verlangt PostgreSQL ab Version 14."
    ),
    "French": (
        "Bibliothèque Python sous licence MIT, version 2.4 du 12 mai 2026. Elle lit les fichiers Parquet et "
        "CSV jusqu'à "
        "50 Go et coûte 19 € par mois en version hébergée."
    ),
    "Russian": "Библиотека для Python 3.11 под лицензией MIT, версия 2.1 от 5 мая 2026, стоит 10 долларов в месяц.",
    "Chinese": "该工具由 Astral 发布，使用 Rust 编写，采用 MIT 许可证，支持 Linux 和 macOS。",
}


@pytest.mark.parametrize("name", COPY)
def test_copy_without_specifics_stays_under_the_floor(name: str) -> None:
    assert len(checkable_facts(COPY[name])) < FLOOR, checkable_facts(COPY[name])


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_short_description_with_facts_reaches_the_floor(name: str) -> None:
    assert len(checkable_facts(DESCRIPTIONS[name])) >= FLOOR, checkable_facts(DESCRIPTIONS[name])


FACTS = {
    "It costs $12 a month and $0.10 per call.": ("$12", "$0.10"),
    "Logs are kept for 90 days, at most 2 million lines.": ("90 days", "2 million"),
    "Uptime was 99.9% in 2025.": ("99.9%", "2025"),
    "It appeared on 4 March 2026, after the draft of 2025-11-30.": ("4 March 2026", "2025-11-30"),
    "The licence is MIT, the format JSON over HTTP.": ("MIT", "JSON", "HTTP"),
    "It runs on Python 3.11 and reads GPT-4o output.": ("Python", "Python 3.11", "GPT-4o"),
    "It needs `tarn serve --port 80` and read_only_mode set.": ("`tarn serve --port 80`", "read_only_mode"),
    "See https://tarn.example/docs for details.": ("https://tarn.example/docs",),
    "The weights are on Hugging Face; it is said that Hugging Face hosts them for nothing.": ("Hugging Face",),
    "The makers are OpenAI. OpenAI’s docs say so.": ("OpenAI",),
    "It is made by Tidepool Works, a small company that sits in Amsterdam.": ("Tidepool Works", "Amsterdam"),
    "It is open source and self-hosted, now in public beta.": ("open source", "self-hosted", "public beta"),
    "Fast. Simple. Secure. Teams love it. Everyone does.": (),
    "Available 24/7, 10x faster, 100% safe, the #1 choice, round 360°.": (),
    "AI, ML and LLMs for DevOps, UX and ROI.": (),
    "": (),
}


@pytest.mark.parametrize("text", FACTS)
def test_what_counts_as_a_fact(text: str) -> None:
    assert checkable_facts(text) == FACTS[text]


def test_a_fact_said_twice_counts_once() -> None:
    text = DESCRIPTIONS["a weights release"]
    assert checkable_facts(f"{text}\n\n{text}") == checkable_facts(text)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_has_distinct_facts_and_none_that_it_does_not_hold(text: str) -> None:
    facts = checkable_facts(text)
    assert len(set(facts)) == len(facts)
    held = " ".join(text.split())
    assert all(word in held for fact in facts for word in fact.split())


PIECES = [
    "a",
    "A",
    "A ",
    "1 ",
    "1.",
    "A-",
    "a_",
    "`",
    "/a",
    "@a/",
    "$ ",
    " ",
    "9-",
    "x.y",
    "a1_",
    "aaa 1999 ",
    "é",
    "中1",
]


@pytest.mark.parametrize("piece", PIECES)
def test_the_longest_description_is_counted_at_once(piece: str) -> None:
    began = time.process_time()
    checkable_facts((piece * 20_000)[:20_000])
    assert time.process_time() - began < 2
