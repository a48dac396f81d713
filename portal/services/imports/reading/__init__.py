"""Spreadsheets and texts, read into chunks of lines: the one reader of whatever list a provider brings."""

from portal.services.imports.reading.chunking import ChunkedFile, FileChunk, Outline, Sheet
from portal.services.imports.reading.file_problems import FileProblem, Unreadable, detect_kind
from portal.services.imports.reading.workbook_chunker.chunks import Line

__all__ = ["ChunkedFile", "FileChunk", "FileProblem", "Line", "Outline", "Sheet", "Unreadable", "detect_kind"]
