"""What every layer uses: models, İYS's protocol, addresses, encryption, time, the database."""
