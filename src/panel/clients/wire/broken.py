"""Broken lines: why a call brought no response, read from the exception of whatever carried it. Pure.

An exception goes in with what its class says (`unreachable`, `timeout`, `interrupted`); out comes one of the codes, the
cause in few words, and what the hint needs. Causes are told by the errors of the standard library that lie beneath,
whichever package raised the one on top.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from typing import NamedTuple

from panel.clients.keys import Scrub

NOT_SENT = frozenset({"unreachable", "certificate", "wrong_scheme", "proxy"})
"""Codes of calls that reached no model, so that nothing can have been charged."""

CERTIFICATE = {
    "expired": "it has expired",
    "not yet valid": "it is not valid yet",
    "mismatch": "it was made for another host",
    "self-signed certificate in": "somebody signed it whom this machine does not know",
    "self-signed": "it is self-signed",
    "self signed": "it is self-signed",
    "issuer": "somebody signed it whom this machine does not know",
}
"""What is wrong with a certificate, by the word that OpenSSL uses; the first that occurs counts."""

_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
"""What OpenSSL calls an answer in plain text."""

_NO_HTTP = re.compile(
    r"illegal (?:status|header) line|receive buffer too long|malformed|bad (?:status|http)|expected http/|"
    r"invalid (?:header|http|status)|too long|too (?:large|many)|got more than \d+ bytes",
    re.IGNORECASE,
)
"""How HTTP libraries say that what they read is no HTTP, or has no end."""

_TLS_ALERT = re.compile(r"\\x15\\x03[\\x\d]*|\x15\x03")
"""The first bytes of a TLS server's complaint, as an error quotes them."""


class Broken(NamedTuple):
    """Why no response came: the code, the cause in few words, and the word that the hint depends on."""

    code: str
    found: str
    param: str = ""


def explain(error: BaseException, code: str, scrub: Scrub, *, secure: bool, proxy: str = "") -> Broken:
    """The cause of a broken line; `code` is what its class says, `secure` whether the address is https, `proxy` which
    one stood in between."""
    causes = list(_causes(error))
    words = next((text for cause in causes if (text := scrub(cause)) and not _ours(text)), _plain_name(error, secure))
    whole = " ".join(map(str, causes))
    if "CERTIFICATE_VERIFY_FAILED" in whole or any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        fault = next((word for word in CERTIFICATE if word in whole), "")
        return Broken("certificate", CERTIFICATE.get(fault, words), fault)
    if any(word in whole for word in _NO_TLS):
        return Broken("wrong_scheme", "it answers in plain text", "http")
    if not secure and _TLS_ALERT.search(whole):
        return Broken("wrong_scheme", "it answers by TLS", "https")
    if code in NOT_SENT and proxy:
        return Broken("proxy", f"{proxy}: {words}", proxy)
    if code == "interrupted" and _NO_HTTP.search(whole):
        return Broken("not_http", words)
    return Broken(code, f"{words}, through the proxy {proxy}" if proxy else words)


def _ours(text: str) -> bool:
    """Whether words speak of how the waiting was done and not of what was waited for."""
    return "cancel scope" in text


def _plain_name(error: BaseException, secure: bool) -> str:
    """For errors without words; a server that takes a connection and never answers to TLS may speak plain text."""
    if "Timeout" in type(error).__name__:
        return (
            "nothing came back in time; perhaps it speaks http:// and not https://" if secure else "nothing came back"
        )
    return type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
