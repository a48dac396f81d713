"""Background jobs: the task queue and its tasks."""

from portal.jobs.queue import init_app as init_app
