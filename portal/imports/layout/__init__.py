"""How a file is read: which column holds what, and what holds for lines that do not say."""

from .asking import missing, problems_of
from .guessing import guess
from .headers import find_header, signature
from .layout import Cure, Field, Layout

__all__ = ["Cure", "Field", "Layout", "find_header", "guess", "missing", "problems_of", "signature"]
