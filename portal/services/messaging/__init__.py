"""Outgoing messages and mails: rows as outbox, claimed by lease, sent through a gateway or an SMTP server."""
