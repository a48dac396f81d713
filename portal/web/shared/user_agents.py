"""From where somebody came, in words that tell them whether it was they: browser and system, and a masked network."""

import re
from ipaddress import ip_address, ip_network

from flask_babel import gettext as _

# The first that fits: browsers name themselves after those they are like.
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
KEPT = {4: 24, 6: 64}  # Bits that are shown: the network of a house or an office, not the machine.


def device(agent: str) -> str:
    """A user agent in words: "Chrome (Windows)"."""
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if not browser:
        return system or _("Bilinmeyen cihaz")
    return f"{browser} ({system})" if system else browser


def network(address: str) -> str:
    """A network address without its last part: "203.0.113.•", "2001:db8:1:2:•"."""
    try:
        here = ip_address(address)
    except ValueError:
        return _("bilinmeyen ağ")
    here = getattr(here, "ipv4_mapped", None) or here
    kept = ip_network((here, KEPT[here.version]), strict=False).network_address
    if here.version == 4:
        return f"{kept.exploded.rpartition('.')[0]}.•"
    return ":".join(f"{int(group, 16):x}" for group in kept.exploded.split(":")[:4]) + ":•"


def _first(names: tuple, agent: str) -> str | None:
    return next((name for pattern, name in names if re.search(pattern, agent)), None)
