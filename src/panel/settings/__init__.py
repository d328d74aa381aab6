"""Settings: what a command uses where no flag says otherwise, and the working folder it uses it in.

A flag goes before a PANEL_* variable, a variable before `panel.toml`, the file before the default. Without any of them
everything works: the offline rubric, the personas, prompts and catalogue that are built in, and `runs/` where you are.

    load(cwd, environ)     the settings in force
    builtin("personas")    where the built-in copy of a folder lies
    starter(target)        lay out a working folder of one's own
"""

from panel.settings.loading import Settings, load
from panel.settings.places import builtin
from panel.settings.workspace import starter

__all__ = ["Settings", "builtin", "load", "starter"]
