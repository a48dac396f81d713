"""Backups of the database, encrypted, and what the journal adds to a restored one."""

from portal.services.backups.archive import BadArchive as BadArchive
from portal.services.backups.archive import NotEmpty as NotEmpty
from portal.services.backups.archive import unpack as unpack
from portal.services.backups.archive import write_backup as write_backup
from portal.services.backups.journal_gap import close_gap as close_gap
from portal.services.backups.replay import Replay as Replay
from portal.services.backups.replay import replay as replay
