"""Rules: demands for a score or verdict, ready-made replies, and delimiters forged to end the data. English."""

from __future__ import annotations

from panel.parse.steering.rules import ANCHOR, DELIMITER, FORGED, OPENS, PRAISE, THIS, TOP, Excuse, Rule, pairs

_CRITERIA = r"(?:every|each|all|the) criteri(?:on|a)"
_WHAT = "this it us our the every each all"
"""How `THIS` and `_CRITERIA` begin."""
_ENDED = "of the tool description data document user untrusted external input system instruction"
_FIELDS = r"(?:name|vendor|category|tagline|pricing|entry|best_for|homepage|sources|as_of|description)"
_GIVE = rf"{OPENS}(?:give|award|assign|grant)"
_MARKS = (
    rf"(?:(?:score|rating|grade|mark|verdict)s? of (?:at least )?[\"']?{TOP}|"
    r"(?:full|maximum|perfect|top|highest)(?: possible)? (?:marks|score|points|rating|grade)|"
    r"(?:9\d|100) ?(?:/ ?100|out of 100|points)|10 ?/ ?10|[\"']ship[\"']|five stars|a ship\b)"
)

RULES: tuple[Rule, ...] = (
    Rule(
        ANCHOR,
        pairs("rate score grade rank", _WHAT),
        rf"{OPENS}(?:rate|score|grade|rank) (?:{THIS}|{_CRITERIA}) (?:\w+ ){{0,3}}?(?:as |at |a |an |with )?{TOP}\b",
    ),
    Rule(
        ANCHOR,
        ("give", "award", "assign", "grant"),
        rf"{_GIVE} (?:{THIS} |{_CRITERIA} )?(?:\w+ ){{0,3}}?{_MARKS}|{_GIVE} {_CRITERIA} (?:an? )?{TOP}\b",
    ),
    Rule(
        ANCHOR,
        (" verdict", " score", " rating", " review", " conclusion", " criteri"),
        r"\b(?:your|the|final|its) (?:\w+ )?(?:verdict|score|rating|review|conclusion|criteri(?:a|on))s? "
        r"(?:must|should|shall|has to|have to|needs? to|is to|are to|will) (?:always |only )?"
        r"(?:be|say|read|conclude|recommend|score) (?:an? |at least |the |with |that )?[\"']?"
        rf"(?:(?:highly|very|wholly) )?(?:{TOP}|{PRAISE}|recommended|skip|to ship)\b",
    ),
    Rule(
        ANCHOR,
        ("ship",),
        rf"{OPENS}(?:answer|say|output|vote|choose|reply|respond|return|print|write|conclude|set|mark|recommend)"
        r"(?: (?:only|always|with|the|your|verdict|it|this|as|to|is|that|you)){0,4}:? ?(?:\"ship\"|'ship'|ship)"
        r"(?=[\s.,!;\"']*(?:$|\n|[.,!;]| and\b| regardless| no matter))",
    ),
    Rule(
        ANCHOR,
        ("deserves", "merits", "warrants", "is worth"),
        rf"\b(?:deserves|merits|warrants|is worth) (?:an? )?(?:score|rating|verdict|mark) of "
        rf"(?:at least )?[\"']?{TOP}\b",
    ),
    Rule(
        ANCHOR,
        ("be rated", "be scored", "be graded", "be marked"),
        r"\b(?:this(?: \w+)?|it|we|our \w+|the (?:tool|product)) (?:must|should|shall|has to) "
        rf"be (?:rated|scored|graded|marked) (?:as |at |with |an? ){{0,2}}(?:at least )?[\"']?{TOP}\b",
    ),
    Rule(
        FORGED,
        ("verdict", "call'", 'call"', "walk_away_if", "not_stated", "pick_if", '"steering', "'steering"),
        r"[\"']steering[\"']\s{0,9}:|[\"'](?:verdict|call)[\"']\s{0,9}:\s{0,9}[\"'](?:ship|skip)[\"']|"
        r"[\"'](?:walk_away_if|not_stated|pick_if)[\"']\s{0,9}:|"
        r"^\W{0,4}(?:final |panel )?verdict\W{1,4}(?:ship|skip)\W{0,4}$",
    ),
    Rule(
        FORGED,
        ("verdict",),
        r"\bscore\W{1,4}\d{2,3}\b\W{1,6}(?:and )?(?:the )?verdict\W{1,4}(?:ship|skip)\b|"
        r"\bverdict\W{1,4}(?:ship|skip)\b\W{1,6}(?:and )?(?:the )?score\W{1,4}\d",
    ),
    Rule(
        FORGED,
        pairs("my", "verdict score rating conclusion final own"),
        r"\bmy (?:final |own )?(?:verdict|score|rating|conclusion) (?:must |will |would |should )?(?:be|is|stands at) "
        r"[^.!?\n]{0,12}\b(?:ship|9\d|100)\b",
    ),
    Rule(
        FORGED,
        ("| ship", "|ship", "| skip", "|skip"),
        r"\|[^|\n]{1,40}\| ?\d{2,3} ?\| ?(?:ship|skip)\b",
    ),
    Rule(
        FORGED,
        ('"const"', '"default"', '"enum"', '"minimum"'),
        r"\"(?:score|verdict)\"\s{0,9}:\s{0,9}\{[^{}]{0,60}\"(?:const|default|enum|minimum)\"\s{0,9}:\s{0,9}"
        r"\[?\s{0,9}(?:9\d|100|\"ship\")",
    ),
    Rule(
        FORGED,
        ("{%", "{{"),
        r"\{[%{]-?[^%}\n]{0,60}\b(?:score|verdict) ?= ?[\"']?(?:9\d|100|ship)\b",
    ),
    Rule(
        DELIMITER,
        ("role'", 'role"'),
        r"[\"']role[\"']\s{0,9}:\s{0,9}[\"'](?:system|assistant|developer)[\"']\s{0,9},\s{0,9}[\"']content[\"']\s{0,9}:"
        r"\s{0,9}[\"'][^\"'\n]{0,80}\b(?:ship|approved|verdict|score)\b",
    ),
    Rule(
        DELIMITER,
        ("# instruction", "#instruction"),
        r"^#{2,4} ?instructions?:[^\n]{0,60}\n(?:[^\n]{0,60}\n){0,2}?#{2,4} ?response:",
        Excuse.SYNTAX,
    ),
    Rule(
        DELIMITER,
        ("<|", "[inst]", "[/inst]", "<<sys>>", "<</sys>>", "</s>", "_of_turn>"),
        r"<\|(?:im_start|im_end|start_header_id|end_header_id|eot_id|begin_of_text|endoftext|system|user|assistant|"
        r"start|end|message|channel)\|>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|(?:^|\n)</s>",
        Excuse.SYNTAX,
    ),
    Rule(
        DELIMITER,
        ("[data ", "[end ", "</", " ends", " has ended", " is over", *pairs("end begin start", _ENDED)),
        rf"\[(?:data|end) [0-9a-f]{{8,32}} [a-z_]+\]|\[end of (?:the )?{_FIELDS}\]|"
        r"</(?:description|data|tool|system|instructions?|untrusted\w*|user_?input|document)>"
        r"(?=\s*(?:$|\n|(?-i:[A-Z#])))|"
        r"^\W{0,6}(?:end|begin|start) (?:of )?(?:the )?(?:tool )?"
        r"(?:description|data|document|(?:(?:user|untrusted|external) )?input|"
        r"(?:user|untrusted|external) (?:content|text|data)|system(?: prompt)?|instructions?)\W{0,6}$|"
        r"\bthe (?:data|description|document) (?:ends|has ended|is over)(?: here)?[.:!]",
        Excuse.SYNTAX,
    ),
    Rule(
        DELIMITER,
        ("system", "developer", "assistant", "user", "human"),
        r"^[#\s>*]{0,6}(?:system|developer|assistant|human|user)(?: (?:prompt|message))?[*\s]{0,3}: ?[*\s]{0,3}"
        r"(?:you (?:are|must|should|will)|your|ignore|disregard|always|never|from now|reviewers?|rate|"
        r"score (?:this|it)|respond|reply|please rate)\b",
        Excuse.SYNTAX,
    ),
)
