"""The desk, where a provider's people answer and close complaints."""
