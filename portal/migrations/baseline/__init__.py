"""The tables of 0.2.0, created by the first migration. Frozen: later changes are migrations of their own."""

from portal.migrations.baseline import consents, forwarding, people, providers
from portal.migrations.baseline.ddl import METADATA

__all__ = ["METADATA", "consents", "forwarding", "people", "providers"]
