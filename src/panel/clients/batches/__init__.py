"""Batches: the providers' own interfaces for what may take a day and costs half.

`connect_batch` gives the client that hands in, looks up, collects and cancels. Importing this package loads no SDK.
"""

from panel.clients.batches.base import BatchClient, may_exist
from panel.clients.batches.connecting import connect_batch

__all__ = ["BatchClient", "connect_batch", "may_exist"]
