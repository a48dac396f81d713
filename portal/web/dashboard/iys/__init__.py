"""The connection to İYS: forwarding, movements, reconciliation."""
