"""Pages of a personal link: decide, receipt, complaint. The code in the URL is the credential; no cookie."""
