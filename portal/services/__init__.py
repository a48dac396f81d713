"""Work over time or with the outside world; it commits."""
