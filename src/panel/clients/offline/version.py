"""The rubric's version. It is the model id, so a changed rubric asks a new question and old answers stay what they were."""

MODEL_ID = "rubric-1"
