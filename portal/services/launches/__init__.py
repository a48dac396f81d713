"""Launches: a campaign's audience becomes personal links and messages, chunk by chunk; each chunk is committed."""

from portal.services.launches.launch_checks import LaunchCheck, LaunchRefused, check_launch, launch, require_ready
from portal.services.launches.links import (
    COLUMNS,
    PART,
    WAITS_FOR_IYS,
    LinkCount,
    count_links,
    excluded_since,
    has_part,
    line_writer,
    link_lines,
    links_of,
    part_lines,
    waits_for_iys,
)
from portal.services.launches.worker import LEASE, finish_sent, run, unfinished

__all__ = [
    "COLUMNS", "LEASE", "PART", "WAITS_FOR_IYS", "LaunchCheck", "LaunchRefused", "LinkCount", "check_launch",
    "count_links", "excluded_since", "finish_sent", "has_part", "launch", "line_writer", "link_lines", "links_of",
    "part_lines", "require_ready", "run", "unfinished", "waits_for_iys",
]  # fmt: skip
