"""A user's own pages: provider, sessions, factors and password."""
