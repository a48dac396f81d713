"""The tables of 0.2.0, which the first migration makes. Frozen: what changes later is a migration of its own."""

from portal.migrations.baseline import campaigns, consents, forwarding, people, providers
from portal.migrations.baseline.columns import METADATA

__all__ = ["METADATA", "campaigns", "consents", "forwarding", "people", "providers"]
