"""The project's definitions, with all sensors on, and no half a minute between two ticks."""

import dagster as dg

from orchestration.definitions import defs

for sensor in defs.sensors or ():
    # The daemon turns every five seconds. No public way leads to a copy with other settings.
    sensor._min_interval = 1
    sensor._default_status = dg.DefaultSensorStatus.RUNNING
