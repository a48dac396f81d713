"""Signing in and out: address and password, then a second factor; and the pending state between the two."""
