"""What earlier calls of `flask import` left: files into which somebody wrote after they were brought, and files that
were read and not written."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from portal.cli.import_steps import find_unfinished_batches
from portal.cli.import_summary import Summary
from portal.cli.watched_folder import KeptFile, kept_files
from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.ids import LARGEST_ID
from portal.core.models import Brand, ImportBatch
from portal.services.imports.store import file_name_of


def put_back_changed(paths: Sequence[Path]) -> Iterator[Summary]:
    """Of the files that were put away from these folders those that changed since: each has its name again and is to
    be brought anew. Others are deleted once they were kept long enough."""
    for kept in kept_files(paths):
        try:
            if _is_as_brought(kept):
                continue
            kept.put_back()
            cure = "It lies there again, to be brought anew. Let its writer close it first, or see --settled."
        except FileNotFoundError:  # Another command was quicker.
            continue
        except OSError:
            cure = f"It cannot have its name back yet, and lies there as {kept.path.name}."
        summary = Summary(str(kept.origin), kept.batch_id)
        summary.fail("changed", "The file changed after it was brought, or the database is an earlier one.", cure)
        yield summary


def _is_as_brought(kept: KeptFile) -> bool:
    """Raises OSError."""
    batch = read_session().get(ImportBatch, min(kept.batch_id, LARGEST_ID))  # Anybody may name a file so.
    is_over = kept.is_over(clock.now())
    if batch is None or not kept.holds(batch.digest, batch.size, by_bytes=is_over):
        return False
    if is_over:
        kept.path.unlink()
    return True


def describe_unfinished(brand: Brand) -> Iterator[Summary]:
    """Files that a killed command, or one that was told why it failed, left unwritten."""
    for batch in find_unfinished_batches(brand):
        summary = Summary(file_name_of(vault(), batch), batch.id, batch.state.value, batch.lines)
        summary.fail(
            "unfinished", "An earlier file was read and is not written.",
            "Let it go on or drop it on the dashboard, or bring the same file again.",
        )  # fmt: skip
        yield summary
