"""The `izinlink` command of an installed wheel, also `python -m portal`: Flask's commands and ours."""

from flask.cli import FlaskGroup

from portal.app import create_app

main = FlaskGroup(name="izinlink", create_app=create_app)

if __name__ == "__main__":
    main()
