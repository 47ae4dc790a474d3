"""The project's definitions, but for half a minute between two looks at landing."""

from orchestration.definitions import defs

for sensor in defs.sensors or ():
    if sensor.name == "landing_sensor":
        # The daemon turns every five seconds. No public way leads to a copy with other settings.
        sensor._min_interval = 1
