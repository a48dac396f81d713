"""Reconciliation: each night compare İYS's file of the day with our movements per brand, confirm and archive it."""

from portal.services.iys.reconciliation.day_reconciliation import find_or_add_day, reconcile_day, reconcile_next_day

__all__ = ["find_or_add_day", "reconcile_day", "reconcile_next_day"]
