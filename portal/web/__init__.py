"""The blueprints, one package per audience."""
