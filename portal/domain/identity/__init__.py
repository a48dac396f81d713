"""People who sign in: accounts, members, permissions, factors, sessions and login throttling."""
