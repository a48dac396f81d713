"""Imports of consents and address lists: upload, reading, column layout, dry run, run and undo."""
