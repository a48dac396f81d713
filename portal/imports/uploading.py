"""A file as it arrives, kept in sealed parts until the worker cuts it into lines."""

from datetime import datetime
from typing import BinaryIO

from sqlalchemy.orm import Session

from portal.models import ImportBatch
from portal.vault import Vault


def bring(
    session: Session,
    vault: Vault,
    *,
    provider_id: int,
    brand_id: int,
    user_id: int | None,
    name: str,
    stream: BinaryIO,
    on_behalf: bool = False,
    at: datetime,
) -> ImportBatch:
    """Keep a file that a provider brings for a brand; commits every few megabytes. Raises Unreadable."""
    raise NotImplementedError
