"""The machine that keeps İYS in step with us."""
