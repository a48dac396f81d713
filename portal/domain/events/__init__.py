"""Events in the order in which readers see them: for the changes feed and webhooks."""
