"""Spreadsheets and texts, read into chunks of lines: the one reader of whatever list a provider brings."""

from portal.services.imports.reading.chunking import ChunkedFile, FileChunk
from portal.services.imports.reading.file_kinds import detect_kind
from portal.services.imports.reading.file_problems import FileProblem, Unreadable

__all__ = ["ChunkedFile", "FileChunk", "FileProblem", "Unreadable", "detect_kind"]
