"""Members, invitations, roles and networks."""
