"""How a file is read: which column holds what, and what holds for lines that do not say."""

from portal.services.imports.layout.completeness import missing, problems_of
from portal.services.imports.layout.detection import guess
from portal.services.imports.layout.headers import find_header, signature
from portal.services.imports.layout.layout import Cure, Field, Layout

__all__ = ["Cure", "Field", "Layout", "find_header", "guess", "missing", "problems_of", "signature"]
