"""Webhooks: events are sent to the endpoints of their provider (Standard Webhooks)."""
