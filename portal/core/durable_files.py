"""Files that are there after a power cut, too."""

import errno
import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Wait until the folder's names are on the disk: a new or renamed file might be lost otherwise. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno != errno.EINVAL:  # Some file systems keep names by themselves.
            raise
    finally:
        os.close(opened)
