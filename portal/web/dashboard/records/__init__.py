"""The audit log and exports."""
