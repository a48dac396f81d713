"""Launches: a campaign's audience becomes personal links and messages, chunk by chunk; each chunk is committed."""

from portal.services.launches.links import (
    COLUMNS,
    PART,
    LinkCount,
    count_links,
    excluded_since,
    link_lines,
    links_of,
    part_lines,
)
from portal.services.launches.worker import LEASE, run, unfinished

__all__ = [
    "COLUMNS", "LEASE", "PART", "LinkCount", "count_links", "excluded_since", "link_lines", "links_of", "part_lines",
    "run", "unfinished",
]  # fmt: skip
