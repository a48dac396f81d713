"""Types of the JSON that İYS's API and the test controls exchange."""

from typing import Any

LONGEST_NUMBER = 18  # Digits that SQLite surely holds.
JsonObject = dict[str, Any]
