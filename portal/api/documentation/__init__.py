"""The API's documentation: its OpenAPI document and a page drawn from it, in Turkish and English."""
