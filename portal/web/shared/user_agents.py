"""Device and network of a sign-in, in words by which its owner knows it: browser and system, and a masked address.

Our own tables: ua-parser 1.0 needs one as long to turn its families ("Chrome Mobile iOS", "Mac OS X") into these names,
and takes 0.3 s for its first agent in a process.
"""

import re
from ipaddress import ip_address, ip_network

from flask_babel import gettext as _

# The first match counts: browsers carry the names of those they are compatible with.
BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"YaBrowser/", "Yandex"),
    (r"Vivaldi/", "Vivaldi"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"HeadlessChrome/|Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Version/[\d.]+ .*Safari/", "Safari"),
    (r"Trident/|MSIE ", "Internet Explorer"),
)
SYSTEMS = (
    (r"iPad", "iPad"),
    (r"iPhone|iPod", "iPhone"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"CrOS", "ChromeOS"),
    (r"Macintosh|Mac OS X", "Mac"),
    (r"Linux|X11", "Linux"),
)
SHOWN_BITS = {4: 24, 6: 64}  # By IP version: the network, not the host.


def device_name(agent: str) -> str:
    """A user agent in words: "Chrome (Windows)"."""
    browser, system = _first_match(BROWSERS, agent), _first_match(SYSTEMS, agent)
    if not browser:
        return system or _("Bilinmeyen cihaz")
    return f"{browser} ({system})" if system else browser


def masked_network(address: str) -> str:
    """An IP address without its host part: "203.0.113.•", "2001:db8:1:2:•"."""
    try:
        here = ip_address(address)
    except ValueError:
        return _("bilinmeyen ağ")
    here = getattr(here, "ipv4_mapped", None) or here
    kept = ip_network((here, SHOWN_BITS[here.version]), strict=False).network_address
    if here.version == 4:
        return f"{kept.exploded.rpartition('.')[0]}.•"
    return ":".join(f"{int(group, 16):x}" for group in kept.exploded.split(":")[:4]) + ":•"


def _first_match(names: tuple[tuple[str, str], ...], agent: str) -> str | None:
    return next((name for pattern, name in names if re.search(pattern, agent)), None)
