"""Webhook endpoints of providers, how requests to them are signed, and their log."""
