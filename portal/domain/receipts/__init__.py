"""Receipts: what a person keeps of an act, and how anybody can check it. Nothing here commits."""

from portal.domain.receipts.numbers import LONGEST, read, spelled

__all__ = ["LONGEST", "read", "spelled"]
