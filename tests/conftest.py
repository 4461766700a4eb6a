"""What all tests stand on: nothing of the person at the machine, the same chance draws every time, and one way to gPodder."""

import os
import shutil
import subprocess

import pytest
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


@pytest.fixture
def gpo(tmp_path):
    """GPodder in a home of its own; it leaves with status 0 whatever happens, so only what it did and says counts."""
    program = shutil.which("gpo")
    assert program, "this test needs gPodder: apt-get install --no-install-recommends gpodder"
    home = {"HOME": tmp_path, "GPODDER_HOME": tmp_path / "gpodder", "GPODDER_DOWNLOAD_DIR": tmp_path / "downloads"}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **{name: str(path) for name, path in home.items()}}

    def run(*words):
        done = subprocess.run(
            [program, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout

    return run
