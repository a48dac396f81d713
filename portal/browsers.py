"""From where somebody came, in words that tell them whether it was they: browser and system, and the network masked."""

import ipaddress
import re

# The first that fits: many call themselves by each other's names as well.
BROWSERS = (
    (re.compile(r"\bEdgA?(?:iOS)?/"), "Edge"),
    (re.compile(r"\bOPR/|\bOpera"), "Opera"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\bYaBrowser/"), "Yandex"),
    (re.compile(r"\bVivaldi/"), "Vivaldi"),
    (re.compile(r"\bFirefox/|\bFxiOS/"), "Firefox"),
    (re.compile(r"\bCriOS/|\bChrom(?:e|ium)/"), "Chrome"),
    (re.compile(r"\bVersion/[\d.]+.*\bSafari/"), "Safari"),
)
SYSTEMS = (
    (re.compile(r"\biPhone\b"), "iPhone"),
    (re.compile(r"\biPad\b"), "iPad"),
    (re.compile(r"\bAndroid\b"), "Android"),
    (re.compile(r"\bWindows\b"), "Windows"),
    (re.compile(r"\bCrOS\b"), "ChromeOS"),
    (re.compile(r"\bMacintosh\b|\bMac OS X\b"), "macOS"),
    (re.compile(r"\bLinux\b"), "Linux"),
)


def words_of(agent: str) -> str:
    """What a browser says of itself, in words ("Chrome, Windows"); empty where it says nothing that we know."""
    return ", ".join(filter(None, (_first(BROWSERS, agent), _first(SYSTEMS, agent))))


def masked_network(address: str) -> str:
    """The network of an address without the last part ("203.0.113.•"); empty where it is no address."""
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return ""
    here = getattr(here, "ipv4_mapped", None) or here
    if here.version == 4:
        return str(here).rpartition(".")[0] + ".•"
    return ":".join(part.lstrip("0") or "0" for part in here.exploded.split(":")[:4]) + ":•"


def _first(table: tuple, agent: str) -> str:
    return next((name for pattern, name in table if pattern.search(agent)), "")
