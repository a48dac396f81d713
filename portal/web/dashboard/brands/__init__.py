"""Brands and their domains."""
