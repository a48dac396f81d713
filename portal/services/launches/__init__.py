"""Launches: a campaign's audience becomes personal links and messages, chunk by chunk; each chunk is committed."""

from portal.services.launches.links import links_of
from portal.services.launches.worker import LEASE, run, unfinished

__all__ = ["LEASE", "links_of", "run", "unfinished"]
