"""The worker's loops and their steps."""

from portal.jobs.worker import init_app as init_app
