"""Discovery of views: every module of a blueprint's package is imported."""

from functools import cache
from importlib import import_module

from flask import Blueprint
from werkzeug.utils import find_modules


@cache
def blueprint_of(package: str) -> Blueprint:
    """A package's blueprint, after all its modules, subpackages included, have registered their views."""
    for module in find_modules(package, include_packages=True, recursive=True):
        import_module(module)
    blueprint: Blueprint = import_module(f"{package}.blueprint").blueprint
    return blueprint
