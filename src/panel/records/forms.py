"""Forms: the faces a card can have, and how the name of each one's file ends. Loads nothing."""

SUFFIXES = {"terminal": ".txt", "markdown": ".md", "html": ".html", "json": ".json"}
"""Each form, and how the name of its file ends."""

FORMS = tuple(SUFFIXES)
"""The forms by name, the default first."""
