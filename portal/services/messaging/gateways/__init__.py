"""Gateways of messages: one protocol, and an adapter for each vendor."""
