"""Finds the views of a blueprint: every module of its package."""

from importlib import import_module

from flask import Blueprint
from werkzeug.utils import find_modules


def blueprint_of(package: str) -> Blueprint:
    """A package's blueprint, after all modules of the package have registered their views with it."""
    import_views(package)
    return import_module(f"{package}.blueprint").blueprint


def import_views(package: str) -> None:
    """Import every module of a package, its subpackages included."""
    for module in find_modules(package, include_packages=True, recursive=True):
        import_module(module)
