"""Coming in and going out: address and password, then a second factor; and the half-way state between the two."""
