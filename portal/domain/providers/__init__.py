"""Providers: brands, onboarding, networks, delegations and the sandbox mode."""
