"""Inflow: what İYS knows comes here, pulled by feeds, pushed through our door, and looked for by sweeps."""

from portal.services.iys.client import Client
from portal.services.iys.inflow import feeds, pushes, sweeps

__all__ = ["feeds", "pushes", "take_next_step", "sweeps"]


def take_next_step(client: Client) -> bool:
    """One due thing: a push that waits, else a page of a feed, else a piece of a sweep. False: nothing is due."""
    return pushes.read_next_push(client) or feeds.pull_next_page(client) or sweeps.sweep_next_chunk(client)
