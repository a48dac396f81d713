"""Campaigns and consent points."""
