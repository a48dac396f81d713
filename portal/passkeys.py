"""Passkeys (WebAuthn): a key of the person's own device as a second factor."""
