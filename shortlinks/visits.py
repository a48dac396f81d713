"""Visits of links: classified by user agent, and recorded in bulk outside the requests.

The kind is a guess for statistics only. Nothing may be decided by it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import Enum, String, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shortlinks.base import Base, BigId

MAX_AGENT_LENGTH = 512  # Characters of a user agent; real ones are shorter.

# Messengers and social networks that fetch a page for a link preview. Some of their in-app browsers, which people use,
# carry the same name further back, so short names count only at the start.
PREVIEWS = re.compile(
    r"^(whatsapp|viber|snapchat|signal)\b|facebookexternalhit|facebot|twitterbot|telegrambot|slackbot|slack-imgproxy"
    r"|discordbot|linkedinbot|pinterestbot|redditbot|skypeuripreview|bitlybot|vkshare|kakaotalk-scrap|embedly|iframely"
    r"|google-pagerenderer|googlemessages|mastodon|microsoft office|ms-office",
    re.IGNORECASE,
)

# Mail gateways, crawlers and HTTP libraries. CUBOT makes phones.
SCANNERS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scan|headless|phantomjs|safelinks|bingpreview|barracuda|proofpoint|mimecast|fireeye"
    r"|trendmicro|symantec|sophos|fortiguard|virustotal|googleimageproxy|yahoomailproxy|google-safety"
    r"|^(curl|wget|python|go-http-client|java|okhttp|apache-httpclient|axios|node|libwww|ruby|php|guzzle)\b",
    re.IGNORECASE,
)

PREFETCH_HEADERS = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")  # Browsers that prefetch pages.


class VisitKind(StrEnum):
    """What a visit looked like. Only a posted form can tell a person from a machine."""

    SCANNER = "scanner"
    PREVIEW = "preview"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opening:
    """A visit that is not recorded yet; kind and network are those of classify."""

    link_id: int
    at: datetime
    kind: VisitKind
    network: str


class Visit(Base):
    """A visit of a link. No foreign key: a batch must not fail because of one deleted link."""

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    link_id: Mapped[int] = mapped_column(BigId, index=True)
    at: Mapped[datetime]
    kind: Mapped[VisitKind] = mapped_column(
        Enum(
            VisitKind, native_enum=False, length=20, values_callable=lambda kinds: [kind.value for kind in kinds],
            create_constraint=True, name="kind",
        )
    )  # fmt: skip
    network: Mapped[str] = mapped_column(String(43))  # "203.0.113.0/24", "2001:db8:1::/48", or "" if unknown.


def record(session: Session, openings: Iterable[Opening]) -> None:
    """Insert visits. The caller commits."""
    rows = [{"link_id": each.link_id, "at": each.at, "kind": each.kind, "network": each.network} for each in openings]
    if rows:
        session.execute(insert(Visit.__table__), rows)


def classify(environ: Mapping[str, Any]) -> tuple[VisitKind, str]:
    """The kind of a visit, by its WSGI environment, and its network ("203.0.113.0/24", "2001:db8:1::/48", "" if
    unknown)."""
    kind = _kind_of_agent(environ.get("HTTP_USER_AGENT", "")[:MAX_AGENT_LENGTH].strip())
    purposes = [environ[name] for name in PREFETCH_HEADERS if name in environ]
    if any(each.lower().startswith(("prefetch", "preview")) for each in purposes):
        kind = VisitKind.PREVIEW
    elif kind == VisitKind.UNKNOWN and environ.get("REQUEST_METHOD") == "HEAD":
        kind = VisitKind.SCANNER
    return kind, _network(environ.get("REMOTE_ADDR"))


@lru_cache(maxsize=1024)
def _kind_of_agent(agent: str) -> VisitKind:
    if PREVIEWS.search(agent):
        return VisitKind.PREVIEW
    return VisitKind.UNKNOWN if agent and not SCANNERS.search(agent) else VisitKind.SCANNER


@lru_cache(maxsize=1024)  # A mobile network's are few.
def _network(remote_addr: str | None) -> str:
    try:
        address = ip_address(remote_addr or "")
    except ValueError:
        return ""
    if address.version == 6:
        address = address.ipv4_mapped or address.sixtofour or address  # A 6to4 /48 holds all of the IPv4 address.
    return str(ip_network((int(address), 24 if address.version == 4 else 48), strict=False))
