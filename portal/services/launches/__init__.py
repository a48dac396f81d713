"""Launches: a campaign's audience becomes personal links and messages, chunk by chunk; each chunk is committed."""

from portal.services.launches.links import LinkCount, count_links, links_of
from portal.services.launches.worker import LEASE, run, unfinished

__all__ = ["LEASE", "LinkCount", "count_links", "links_of", "run", "unfinished"]
