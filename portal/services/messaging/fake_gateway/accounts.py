"""Accounts at the fake vendors: what a vendor's panel holds. Made-up credentials of a server for this machine only."""

import ipaddress
import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

VENDORS = {"verimor": "Verimor", "netgsm": "NetGSM", "iletimerkezi": "İleti Merkezi"}
PUSH_FORMATS = ("json", "form", "query")


class BadAccount(ValueError):
    """An account with a field that does not exist or cannot be."""


@dataclass
class FakeAccount:
    """One account. A tester changes its fields while the server runs."""

    vendor: str
    username: str  # Verimor's number, NetGSM's API user, the key of İleti Merkezi.
    password: str = field(repr=False)  # The hash of İleti Merkezi.
    headers: list[str]
    number: str  # Where replies arrive: 850… without 90, or a short code.
    keyword: str = ""  # Names the account on a shared short code.
    # İleti Merkezi: words of replies that are only stored. Any other puts whoever sends it on the block list.
    recorded_words: list[str] = field(default_factory=lambda: ["ONAY", "EVET"])
    may_use_api: bool = True
    may_send_commercial: bool = True
    has_brand: bool = True  # An İYS brand is bound to the account or the header.
    allowed_addresses: list[str] | None = None  # IP addresses; None is no limit, and at Verimor never set up.
    forbidden_words: list[str] = field(default_factory=lambda: ["YASAKLI"])
    credits: int = 10**9
    push_url: str = ""  # Reports, and at Verimor replies.
    inbound_url: str = ""  # Replies at NetGSM.
    push_format: str = "json"  # Of replies at NetGSM.
    batch_size: int = 0  # NetGSM makes several jobs of more messages; 0 is no limit.
    codes_as_text: bool = False  # İleti Merkezi answers its codes as numbers or as text.

    @property
    def key(self) -> tuple[str, str]:
        return self.vendor, self.username

    def change(self, values: dict[str, object]) -> None:
        """Set fields. Raises BadAccount where one is unknown, of another type, or a URL leaves this machine."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise BadAccount(f"no field {name}; fields are {', '.join(known)}")
            may_be_none = name == "allowed_addresses"
            kind = list if may_be_none else type(known[name])
            if type(value) is not kind and not (may_be_none and value is None):
                raise BadAccount(f"{name} is a {kind.__name__}")
            if name.endswith("_url") and value and not is_loopback_url(str(value)):
                raise BadAccount("pushes go to this machine only: http://127.0.0.1:…")
            if name == "push_format" and value not in PUSH_FORMATS:
                raise BadAccount(f"formats are {', '.join(PUSH_FORMATS)}")
        for name, value in values.items():
            setattr(self, name, value)


def default_accounts() -> list[FakeAccount]:
    """One account of each vendor, all with the header DENEME and the password demo."""
    header = ["DENEME"]
    loopback = ["127.0.0.1", "::1"]
    return [
        FakeAccount("verimor", "908500000001", "demo", header, "8500000001", allowed_addresses=loopback),
        FakeAccount("netgsm", "8500000002", "demo", list(header), "8500000002"),
        FakeAccount("iletimerkezi", "demo", "demo", list(header), "7889", keyword="DENEME"),
    ]


def read_accounts(path: Path) -> list[FakeAccount]:
    """Accounts of a JSON file: a list of objects with the fields of FakeAccount. Raises BadAccount."""
    accounts = []
    for values in json.loads(path.read_text(encoding="utf-8")):
        if missing := {"vendor", "username", "password", "headers", "number"} - values.keys():
            raise BadAccount(f"an account needs {', '.join(sorted(missing))}")
        if values["vendor"] not in VENDORS:
            raise BadAccount(f"vendors are {', '.join(VENDORS)}")
        accounts.append(FakeAccount("", "", "", [], ""))
        accounts[-1].change(values)
    return accounts


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and is_loopback(parts.hostname)
