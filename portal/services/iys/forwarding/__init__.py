"""Outbox to İYS in lanes: refusals first, then people's grants one by one, then bulk lists and their results."""
