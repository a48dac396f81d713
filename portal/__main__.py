"""The `izinlink` command of an installed wheel, also `python -m portal`: Flask's commands and ours."""

import click
from flask import Flask
from flask.cli import FlaskGroup

from portal.app import create_app


def load_app() -> Flask:
    """A setting that is missing or wrong is named, without a traceback."""
    try:
        return create_app()
    except RuntimeError as bad:  # config.BadSetting
        raise click.ClickException(str(bad)) from bad


main = FlaskGroup(name="izinlink", create_app=load_app)

if __name__ == "__main__":
    main()
