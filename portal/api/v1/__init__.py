"""Version 1 of the API: JSON with İYS's own names, described by OpenAPI 3.1."""
