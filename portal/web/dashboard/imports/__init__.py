"""Imports of consents."""
