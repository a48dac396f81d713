"""SQLite connection with the seed of the file, from which its transactionIds are made."""

import secrets
import sqlite3


class SandboxConnection(sqlite3.Connection):
    seed: str

    def read_seed(self) -> None:
        """Read the seed; make it where the file is new."""
        self.execute("INSERT OR IGNORE INTO seed VALUES (1, ?)", (secrets.token_hex(16),))
        self.seed = self.execute("SELECT value FROM seed").fetchone()[0]
