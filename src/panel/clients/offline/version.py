"""The rubric's version, which is its model id: a changed rubric asks a new question, and old answers stay theirs."""

MODEL_ID = "rubric-2"
