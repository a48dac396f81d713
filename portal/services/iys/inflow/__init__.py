"""What İYS holds, brought here: pulled by feeds, pushed by İYS, and checked by weekly sweeps."""
