"""Benchmarks against a bare yardstick in the same run, started by bin/bench."""
