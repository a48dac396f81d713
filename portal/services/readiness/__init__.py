"""Whether an installation is as it should be."""

from portal.services.readiness.checks import ALL as ALL
from portal.services.readiness.checks import NOT_TO_ANSWER as NOT_TO_ANSWER
from portal.services.readiness.checks import PROGRAMS as PROGRAMS
from portal.services.readiness.checks import READY as READY
from portal.services.readiness.checks import TO_START as TO_START
from portal.services.readiness.checks import find_faults as find_faults
from portal.services.readiness.fault import Fault as Fault
from portal.services.readiness.heartbeats import running_programs as running_programs
from portal.services.readiness.heartbeats import start_heartbeats as start_heartbeats
