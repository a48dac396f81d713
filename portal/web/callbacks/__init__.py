"""URLs that other programs post to: İYS's pushes, and those of vendors of messages."""
