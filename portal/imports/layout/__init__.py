"""How a file is read: which column holds what, and what holds for lines that do not say."""

from .layout import Cure, Field, Layout

__all__ = ["Cure", "Field", "Layout"]
