"""Pages of a link. The code in the address is the credential; there is no cookie."""
