"""What blueprints share."""
