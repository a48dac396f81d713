"""The rules. Nothing here knows of a request, and nothing commits."""
