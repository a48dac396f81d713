"""Consent points: a brand's page behind a QR code, or behind a form on its own site.

No cookie: choices travel in a signed token until an address is proved by a code.
"""
