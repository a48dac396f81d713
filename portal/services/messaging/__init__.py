"""Messages to recipients: an outbox of rows, sent by lease through the one gateway there is so far."""
