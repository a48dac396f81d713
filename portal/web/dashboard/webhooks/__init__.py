"""Webhook endpoints and their log."""
