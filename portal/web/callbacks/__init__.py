"""URLs that other programs post to: İYS's pushes."""
