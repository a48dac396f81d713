"""Evidence on paper: what a person or a provider shows to somebody else."""
