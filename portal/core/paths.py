"""Where templates, static files and translations lie: beside portal/ in a checkout, inside it in an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent
ROOT = PACKAGE if (PACKAGE / "templates").is_dir() else PACKAGE.parent
MIGRATIONS = PACKAGE / "migrations"
