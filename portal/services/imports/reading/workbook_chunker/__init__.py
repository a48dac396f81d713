"""A program of its own that cuts a workbook into pieces of lines; it knows nothing of the portal and imports little.

A workbook is a stranger's zip of a stranger's XML: it is opened by a process that holds no key, may take only so much
memory and time, and is no loss when it dies. Bytes come in by stdin, frames go out by stdout.
"""
