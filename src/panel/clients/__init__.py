"""Clients: who answers a prompt. `resolve` names a model, `connect` gives the client that asks it.

Importing this package loads no SDK; `connect` loads the one that is needed.
"""

from panel.clients.base import Client, attempt_of, close
from panel.clients.connect import connect
from panel.clients.registry import resolve

__all__ = ["Client", "attempt_of", "close", "connect", "resolve"]
