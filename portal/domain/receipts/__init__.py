"""Receipts: the signed proof of one act, and how anybody can verify it. Nothing here commits."""

from portal.domain.receipts.lookup import MAX_TYPED, format_number, parse_number

__all__ = ["MAX_TYPED", "format_number", "parse_number"]
