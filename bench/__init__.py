"""What we measure, beside a bare-Flask yardstick in the same run. Started by bin/bench."""
