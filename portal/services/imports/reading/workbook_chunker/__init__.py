"""A program of its own that reads a workbook into chunks of lines; it imports nothing of the portal.

A workbook is an untrusted zip of untrusted XML: the process that opens it holds no key, has limits of memory and
CPU, and may die. Bytes come in by stdin, frames go out by stdout.
"""
