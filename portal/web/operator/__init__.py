"""The operator's console (iş ortağı). Nobody is impersonated: what is done is done in one's own name, and noted."""
