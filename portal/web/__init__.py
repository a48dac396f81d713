"""What all doors share: the front pages, health, and the words that templates may use."""
