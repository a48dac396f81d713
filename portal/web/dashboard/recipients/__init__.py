"""Finding a recipient, and refusing on their behalf."""
