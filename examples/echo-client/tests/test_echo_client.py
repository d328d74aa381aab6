"""The echo client keeps the contract of a client."""

from __future__ import annotations

from echo_client import EchoClient, connect

from panel.records.model import Model
from panel.testing import ClientContract

MODEL = Model(name="echo/parrot", provider="echo", model="parrot", endpoint="echo")


class TestEcho(ClientContract):
    def client(self) -> EchoClient:
        return connect(MODEL, {})
