"""Who seems to have opened a link: a guess for statistics. Nothing may be decided by it."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from shortlinks.visits import VisitKind

MAX_AGENT_LENGTH = 512  # Characters of a user agent; real ones are shorter.

# Messengers and social networks that fetch a page to draw a card of it. Some of their in-app browsers, where people
# read, carry the same name further back; so the short names count only at the start.
PREVIEWS = re.compile(
    r"^(whatsapp|viber|snapchat|signal)\b|facebookexternalhit|facebot|twitterbot|telegrambot|slackbot|slack-imgproxy"
    r"|discordbot|linkedinbot|pinterestbot|redditbot|skypeuripreview|bitlybot|vkshare|kakaotalk-scrap|embedly|iframely"
    r"|google-pagerenderer|googlemessages|mastodon|microsoft office|ms-office",
    re.IGNORECASE,
)

# Mail gateways, crawlers and plain HTTP libraries. CUBOT makes telephones.
SCANNERS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scan|headless|phantomjs|safelinks|bingpreview|barracuda|proofpoint|mimecast|fireeye"
    r"|trendmicro|symantec|sophos|fortiguard|virustotal|googleimageproxy|yahoomailproxy|google-safety"
    r"|^(curl|wget|python|go-http-client|java|okhttp|apache-httpclient|axios|node|libwww|ruby|php|guzzle)\b",
    re.IGNORECASE,
)

PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # Browsers that load a page before it is asked for.


def classify(headers: Mapping[str, str], method: str, remote_addr: str | None) -> tuple[VisitKind, str]:
    """The kind of an opening and the network it came from ("203.0.113.0/24", "2001:db8:1::/48", "" if not known).

    Headers are asked by their usual spelling ("User-Agent").
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
    return str(_shared_network(_embedded_ipv4(address)))


def _embedded_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address an IPv6 one carries, if it does: the /48 of a 6to4 address would keep all of it."""
    if address.version == 4:
        return address
    return address.ipv4_mapped or address.sixtofour or address


def _shared_network(address: IPv4Address | IPv6Address) -> IPv4Network | IPv6Network:
    if address.version == 4:
        return IPv4Network((int(address), 24), strict=False)
    return IPv6Network((int(address), 48), strict=False)
