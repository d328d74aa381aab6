"""Orders to a reviewer, and demands for a score, in languages other than English: one rule per group of languages.

Word order differs too much to say where an order opens, so these rules need the verb, the object and its "previous"
close together in one sentence, and all but the demands are excused where the sentence speaks of attacks or examples.
"""

from __future__ import annotations

from panel.parse.steering.rules import ANCHOR, ORDER, SPEAKS, Excuse, Rule

_NEAR, _CLOSE = r"[^.!?\n]{0,30}", r"[^.!?\n]{0,14}"

RULES: tuple[Rule, ...] = (
    Rule(
        ORDER,
        ("ignorier", "missacht", "vergiss", "vergessen sie"),
        rf"\b(?:ignorier(?:e|en sie|t)?|missachte(?:n sie)?|vergiss|vergessen sie)\b{_NEAR}"
        rf"\b(?:vorherigen|bisherigen|obigen|vorigen|früheren|deine|ihre)\b{_NEAR}"
        r"\b(?:anweisungen|instruktionen|vorgaben|regeln)\b",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("ignor", "oubli"),
        rf"\b(?:ignor(?:e|ez|er)|oubli(?:e|ez))\b{_NEAR}\b(?:instructions|consignes|directives|règles)\b{_CLOSE}"
        r"\b(?:précédentes|antérieures|ci-dessus|ci dessus|reçues)",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("ignor", "olvid", "descart", "dimentica", "scorda", "esque", "desconsider"),
        rf"\b(?:ignor[ae]|olvid[ae]|descart[ae])\b{_NEAR}\b(?:instrucciones|indicaciones|reglas|órdenes)\b{_CLOSE}"
        rf"\b(?:anteriores|previas)|\b(?:ignor[ai]|dimentica|scorda)\b{_NEAR}\b(?:istruzioni|regole|"
        rf"indicazioni)\b{_CLOSE}"
        rf"\b(?:precedenti|di sopra)|\b(?:ignore|esqueça|desconsidere)\b{_NEAR}\b(?:instruções|regras|ordens)\b{_CLOSE}"
        r"\b(?:anteriores|acima|prévias)",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("negeer", "vergeet", "ignoruj", "zapomnij", "talimat"),
        rf"\b(?:negeer|vergeet)\b{_NEAR}\b(?:vorige|eerdere|bovenstaande|voorgaande)\b{_CLOSE}"
        rf"\b(?:instructies|opdrachten|regels)|\b(?:z?ignoruj(?:cie)?|zapomnij)\b{_NEAR}"
        rf"\b(?:poprzednie|wcześniejsze|powyższe)\b{_CLOSE}\b(?:instrukcje|polecenia|zasady)"
        rf"|\bönceki\b{_CLOSE}\btalimatları\b{_CLOSE}\b(?:yok say|göz ardı|unut|görmezden)",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("игнорир", "забуд", "ігнору"),
        rf"\b(?:про)?(?:игнорируй(?:те)?|забудь(?:те)?)\b{_NEAR}\b(?:предыдущие|прежние|вышеуказанные|все)\b{_CLOSE}"
        rf"\b(?:инструкции|указания|правила)"
        rf"|\b(?:про)?(?:ігноруй(?:те)?|забудь(?:те)?)\b{_NEAR}\b(?:попередні|усі|всі)\b{_CLOSE}"
        r"\b(?:інструкції|вказівки|правила)",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("忽略", "无视", "無視", "忘", "무시", "잊"),
        r"(?:忽略|无视|無視|忘记|忘掉)[^。！？\n]{0,12}(?:之前|以上|前面|先前|所有|上述|此前)[^。！？\n]{0,8}"
        r"(?:指令|指示|说明|提示|規則|规则|要求)"
        r"|(?:以前|上記|これまで|前|以上)の?[^。！？\n]{0,8}(?:指示|命令|プロンプト|ルール)[^。！？\n]{0,6}(?:無視|忘れ)"
        r"|(?:이전|위의|위|앞의|기존)[^.!?\n]{0,10}(?:지시|명령|지침|프롬프트)[^.!?\n]{0,8}(?:무시|잊)",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("تجاهل", "अनदेखा", "नज़रअंदाज़", "भूल"),
        rf"تجاهل{_CLOSE}(?:التعليمات|الأوامر|الإرشادات)"
        rf"|(?:पिछले|पूर्व|ऊपर){_CLOSE}(?:निर्देश|आदेश){_CLOSE}(?:अनदेखा|नज़रअंदाज़|भूल)",
        Excuse.TOLD,
    ),
    Rule(
        ANCHOR,
        ("bewerte", "vergib", "vergeben sie", "donne", "note", "attribue"),
        rf"\b(?:bewerte(?:n sie)?|vergib|vergeben sie)\b{_NEAR}"
        r"\b(?:9\d|100|höchst\w*|volle[rn]? punktzahl|bestnote|10 von 10)\b(?! ?(?:%|prozent|ms|gb|mb))"
        rf"|\b(?:donne[zr]?|attribue[zr]?|note[zr]?)\b{_NEAR}\b(?:9\d|100|10) ?(?:/|sur) ?10{{1,2}}\b"
        rf"|\bdonne[zr]?\b{_NEAR}\bnote (?:maximale|parfaite)",
    ),
    Rule(
        ANCHOR,
        ("puntú", "puntu", "califica", "valora", "dale", "otorga", "valuta", "avalie", "оцени", "поставь"),
        rf"\b(?:punt[úu]a|califica|valora|dale|otorga)\b{_NEAR}\b(?:(?:9\d|100|10)(?: ?/ ?| sobre )10{{1,2}}|"
        r"puntuación (?:máxima|perfecta)|con (?:un )?(?:9\d|100))\b"
        rf"|\b(?:valuta|avalie|оцени(?:те)?|поставь(?:те)?)\b{_NEAR}\b(?:9\d|100)\b(?! ?%)",
    ),
    Rule(
        ANCHOR,
        ("满分", "滿分", "满點", "満点", "分", "点"),
        r"(?:打|给|給)[^。！？\n]{0,10}(?:满分|滿分|9\d ?分|100 ?分)"
        r"|(?:評価|スコア|点数)[^。！？\n]{0,10}(?:満点|100 ?点|9\d ?点)",
    ),
    Rule(
        ANCHOR,
        ("oceń", "puan ver", "постав", "оціни", "geef", "beoordeel", "점", "अंक", "منح"),
        rf"\boceń(?:cie)?\b{_NEAR}\b(?:9\d|100)\b(?! ?%)|\b(?:9\d|100) puan ver"
        rf"|\b(?:постав(?:те)?|оціни(?:ть|те)?)\b{_NEAR}\b(?:9\d|100)\b(?! ?%)"
        rf"|\b(?:geef|beoordeel)\b{_NEAR}\b(?:9\d|100) punten"
        r"|(?:9\d|100) ?점을? ?(?:주|매기|부여)|만점을? ?(?:주|매기|부여)"
        rf"|(?:9\d|100) अंक (?:दो|दें|दीजिए)|و?امنح{_NEAR}(?:100|أعلى تقييم|الدرجة الكاملة)",
    ),
    Rule(
        SPEAKS,
        (
            *("gutachter", "prüfer", "sprachmodell", "évaluateurs", "modèles", "revisores", "evaluadores"),
            *("valutatori", "revisori", "avaliadores", "рецензент", "审稿", "评审", "審査員"),
        ),
        r"\b(?:hinweis|anweisung(?:en)?|nachricht) (?:an|für) (?:die |alle )?(?:ki-?|llm-?)?"
        r"(?:gutachter|prüfer|sprachmodelle?)\b[^.!?\n:]{0,20}:"
        r"|\b(?:note|message|instructions|consignes) (?:à l'attention des|aux|pour les) "
        r"(?:évaluateurs|modèles (?:d'ia|de langage))\b[^.!?\n:]{0,20}:"
        r"|\b(?:nota|mensaje|instrucciones|messaggio|istruzioni|mensagem|instruções) (?:para|per|ai) (?:los |os |i )?"
        r"(?:revisores|evaluadores|revisori|valutatori|avaliadores)\b[^.!?\n:]{0,20}:"
        r"|\b(?:сообщение|инструкции|указания) для (?:ии-)?рецензент(?:а|ов)\b[^.!?\n:]{0,20}:"
        r"|(?:致|给)(?:ai|人工智能)?(?:评审|审稿)[^。！？\n:]{0,8}:|(?:ai)?審査員へ[^。！？\n:]{0,8}:",
        Excuse.TOLD,
    ),
)
