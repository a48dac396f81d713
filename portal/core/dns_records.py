"""Look up records in DNS."""

from collections.abc import Callable

import dns.exception
import dns.resolver

TIMEOUT = 4.0  # Seconds: a person may wait for the page.

LookUp = Callable[[str, str], list[str]]  # A name and a type, such as TXT: the records' values. Raises NoAnswer.


class NoAnswer(Exception):
    """The name server did not answer: this proves nothing."""


def look_up(name: str, kind: str, server: str = "") -> list[str]:
    """The values of a name's records, of TXT the whole texts; empty where there are none. Raises NoAnswer.

    `server` is a name server's host:port; without it the machine's own is asked.
    """
    try:
        resolver = dns.resolver.Resolver(configure=not server)
        if server:
            host, _, port = server.partition(":")
            resolver.nameservers, resolver.port = [host], int(port or 53)
        answer = resolver.resolve(name, kind, lifetime=TIMEOUT, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        raise NoAnswer from None
    texts = [getattr(record, "strings", None) for record in answer]
    return [
        b"".join(text).decode("utf-8", "replace") if text else record.to_text()
        for text, record in zip(texts, answer, strict=True)
    ]
