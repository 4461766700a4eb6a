"""What all tests stand on: nothing of the person at the machine, and the same chance draws every time."""

import os

from hypothesis import HealthCheck, settings

for name in ("SOURCE_DATE_EPOCH", "NO_COLOR", "FORCE_COLOR", "WEERSLAG_ROOT"):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]  # no test may ever reach somebody's bucket

settings.register_profile(
    "here",
    deadline=None,  # two cores, shared by all tests: a slow moment says nothing
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("here")
