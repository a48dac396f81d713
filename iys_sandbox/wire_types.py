"""Types of the JSON that İYS's API and the test controls exchange."""

from typing import Any

JsonObject = dict[str, Any]
