"""Pages that everybody may read, and the health check."""
