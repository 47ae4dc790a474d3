"""Of all tests: how properties are tried."""

from hypothesis import settings

# No deadline: how long an example takes hangs on what else the machine does.
settings.register_profile("topaz", deadline=None)
settings.load_profile("topaz")
