"""Cause: which input of a vote differs between two sides, with the words it is told in everywhere.

The hashes of what a question was made of are kept apart, so a cause is read off and never guessed.
"""

from enum import StrEnum


class Cause(StrEnum):
    """Which input of a vote differs between the sides. The list is closed; a vote may have several."""

    TOOL = "tool"
    PERSONA = "persona"
    TEMPLATES = "templates"
    REPLY_SCHEMA = "reply_schema"
    SCALE = "scale"
    SIGNALS = "signals"
    PROMPT = "prompt"
    """The messages differ although nothing that they are made of does."""
    MODEL = "model"
    PARAMETERS = "parameters"
    ENDPOINT = "endpoint"
    MODEL_SERVED = "model_served"
    PARSER = "parser"
    """The very same reply, read otherwise."""
    NONE = "none"
    """The same question, asked anew."""

    @property
    def words(self) -> str:
        """What changed, for a reader: the same words wherever causes are told."""
        return _WORDS[self]

    @property
    def meaning(self) -> str:
        """What that is, in more words."""
        return _MEANINGS[self]


_WORDS = {
    Cause.TOOL: "the tool's description",
    Cause.PERSONA: "the persona",
    Cause.TEMPLATES: "the prompt's words",
    Cause.REPLY_SCHEMA: "the form of the reply",
    Cause.SCALE: "the scale",
    Cause.SIGNALS: "the rubric's signals",
    Cause.PROMPT: "the messages as sent",
    Cause.MODEL: "the model",
    Cause.PARAMETERS: "the model's parameters",
    Cause.ENDPOINT: "the address",
    Cause.MODEL_SERVED: "another model under the name",
    Cause.PARSER: "the reading",
    Cause.NONE: "nothing",
}
"""As in a plan, where a plan tells the same (`standing.Cause`)."""

_MEANINGS = {
    Cause.TOOL: "what reviewers are shown of the tool",
    Cause.PERSONA: "the text of the persona",
    Cause.TEMPLATES: "the templates that prompts are made of",
    Cause.REPLY_SCHEMA: "what a reply must hold: its criteria and questions",
    Cause.SCALE: "what a score stands for",
    Cause.SIGNALS: "what the offline rubric reads of a persona",
    Cause.PROMPT: "worded otherwise by another version of panel",
    Cause.MODEL: "the name that was asked for",
    Cause.PARAMETERS: "temperature and the like",
    Cause.ENDPOINT: "where the model was asked",
    Cause.MODEL_SERVED: "the server names another model than before",
    Cause.PARSER: "the very same reply, parsed otherwise",
    Cause.NONE: "the same question, asked anew",
}
