"""What programs of the operator that watch the portal ask."""
