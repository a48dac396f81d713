"""Whether X-Forwarded-For fits PROXY_HOPS, by one request a second of each process. No address is kept."""

import time
from collections import deque
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from flask import current_app
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.lazy_text import N_
from portal.core.models import Process
from portal.services.readiness.fault import Fault
from portal.services.readiness.heartbeats import SILENCE

EVERY = 1.0  # Seconds.
KEPT, FEWEST = 30, 10  # Requests: of the last ones, as many as say something, of which more than half must.
UNREAD, SHORT = "unread", "short"
FAULTS = {
    UNREAD: Fault(
        N_("PROXY_HOPS 0, ama istekler bir vekil sunucudan geliyor; herkes onun adresiyle sayılıyor."),
        N_("PROXY_HOPS, kendi vekil sunucularınızın sayısı olsun (yalnız nginx ya da Caddy: 1)."),
    ),
    SHORT: Fault(
        N_("PROXY_HOPS %(hops)s, ama X-Forwarded-For daha az adres taşıyor; herkes vekilin adresiyle sayılıyor."),
        N_("Sayıyı azaltın ya da vekil sunucuda başlığı verin; portala yalnızca o erişebilsin."),
    ),
}


class ForwardedHeaders:
    """What this process's requests say."""

    def __init__(self, hops: int):
        self._hops = hops
        self._next_at = 0.0
        self._seen: deque[str | None] = deque(maxlen=KEPT)

    def note_request(self, wsgi: Mapping[str, Any]) -> None:
        """Note what the WSGI environment of a request says, of one a second."""
        if (at := time.monotonic()) < self._next_at:
            return
        self._next_at = at + EVERY
        held = wsgi.get("HTTP_X_FORWARDED_FOR", "").count(",") + ("HTTP_X_FORWARDED_FOR" in wsgi)
        if self._hops:
            self._seen.append(SHORT if held < self._hops else None)
        else:
            self._seen.append(UNREAD if held and _is_private(wsgi.get("REMOTE_ADDR", "")) else None)

    @property
    def contradiction(self) -> str | None:
        """UNREAD or SHORT, where most of the last requests say so."""
        seen = list(self._seen)
        told = next(filter(None, seen), None)
        return told if len(seen) >= FEWEST and seen.count(told) * 2 > len(seen) else None


def _is_private(peer: str) -> bool:
    try:
        return ip_address(peer).is_private
    except ValueError:
        return True  # A socket of this machine.


def check_proxies() -> Fault | None:
    """What any process told with its last beat."""
    lately = Process.seen_at > clock.now() - SILENCE, Process.generations.is_not(None)
    told = *lately, Process.proxies.in_(FAULTS)
    found = read_session().scalar(select(Process.proxies).where(*told).limit(1))
    if not found:
        return None
    return Fault(FAULTS[found].finding, FAULTS[found].cure, {"hops": current_app.config["PROXY_HOPS"]})
