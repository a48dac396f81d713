"""Messages to recipients and mails to users, written as outbox rows."""
