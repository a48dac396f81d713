"""Classify visits by user agent: a guess for statistics only. Nothing may be decided by it."""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from shortlinks.visits import VisitKind

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

PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # Browsers that prefetch pages.


def classify(headers: Mapping[str, str], method: str, remote_addr: str | None) -> tuple[VisitKind, str]:
    """The kind of a visit and its network ("203.0.113.0/24", "2001:db8:1::/48", "" if unknown).

    `headers` are looked up by their canonical spelling ("User-Agent").
    """
    return _kind(headers, method), _network(remote_addr)


def _kind(headers: Mapping[str, str], method: str) -> VisitKind:
    agent = headers.get("User-Agent", "")[:MAX_AGENT_LENGTH].strip()
    if PREVIEWS.search(agent) or _is_prefetch(headers):
        return VisitKind.PREVIEW
    if method == "HEAD" or not agent or SCANNERS.search(agent):
        return VisitKind.SCANNER
    return VisitKind.UNKNOWN


def _is_prefetch(headers: Mapping[str, str]) -> bool:
    return any(headers.get(name, "").lower().startswith(("prefetch", "preview")) for name in PREFETCH_HEADERS)


def _network(remote_addr: str | None) -> str:
    try:
        address = ip_address(remote_addr or "")
    except ValueError:
        return ""
    if address.version == 6:
        address = address.ipv4_mapped or address.sixtofour or address  # A 6to4 /48 holds all of the IPv4 address.
    return str(ip_network((int(address), 24 if address.version == 4 else 48), strict=False))
