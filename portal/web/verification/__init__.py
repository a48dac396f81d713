"""Public pages for recipients: check a message, verify a receipt, help and privacy. No cookie, no code."""
