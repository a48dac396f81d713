"""Lists of addresses that a provider brings, from the file as it came to rows that are good or say what to mend."""
