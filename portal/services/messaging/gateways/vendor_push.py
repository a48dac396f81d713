"""What a vendor or a mail system calls us with, before anybody has read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_PUSH_BYTES = 2 * 1024 * 1024  # Thousands of reports. Of a mail bounces.MAX_BYTES are kept.


@dataclass(frozen=True)
class VendorPush:
    """A request that a vendor made to us."""

    body: bytes = field(repr=False)
    content_type: str = ""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
