"""For tests of panel and of what is built on it: doubles that are small and strict, and the contract of a client.

    from panel.testing import ClientContract, ScriptedClient, persona, reply_text

Nothing here needs pytest, touches the network or the disk, or knows anyone's key.
"""

from panel.testing.contract import ClientContract, answer_to
from panel.testing.doubles import NOON, TOOL, Answer, ScriptedClient, persona, reply_fields, reply_of, reply_text

__all__ = [
    "NOON",
    "TOOL",
    "Answer",
    "ClientContract",
    "ScriptedClient",
    "answer_to",
    "persona",
    "reply_fields",
    "reply_of",
    "reply_text",
]
