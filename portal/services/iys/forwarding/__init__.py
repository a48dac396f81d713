"""Outbox to İYS, in lanes: refusals first, then people's grants one by one, then lists and their results."""
