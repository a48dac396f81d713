"""The connection to the sandbox's file, which knows what makes this file's numbers its own."""

import secrets
import sqlite3


class File(sqlite3.Connection):
    """A connection that has read the file's seed."""

    seed: str

    def read_seed(self) -> None:
        """Read the seed of transactionIds, made once for each file."""
        self.execute("INSERT OR IGNORE INTO seed VALUES (1, ?)", (secrets.token_hex(16),))
        self.seed = self.execute("SELECT value FROM seed").fetchone()[0]
