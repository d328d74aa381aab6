"""Loading: what a command loads when it begins stays until it ends, and the garbage collector is told so.

It would look through it again and again while it is being loaded, and ever after, to find nothing: of sixty thousand
objects that `panel.desk` brings, it could free a hundred and fifty. What is made later is collected as ever.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """A `with` block of imports. For commands only: a library has no say in its user's collector."""
    loaded, on = len(sys.modules), gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > loaded:
            gc.freeze()
        if on:
            gc.enable()
