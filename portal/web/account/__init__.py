"""Pages of whoever is signed in, about themselves: for whom they work, their sessions, factors and password."""
