"""The tables of 0.2.0, created by the first migration. Frozen: later changes are migrations of their own."""

from portal.migrations.baseline import campaigns, consents, forwarding, people, providers
from portal.migrations.baseline.columns import METADATA

__all__ = ["METADATA", "campaigns", "consents", "forwarding", "people", "providers"]
