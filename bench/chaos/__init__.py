"""Two machines, every fault that a year brings, and 100,000 decisions: what came of each of them."""
