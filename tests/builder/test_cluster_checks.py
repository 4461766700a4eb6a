"""``doctor`` for a cluster and a store: a real scheduler, two workers and an S3 server on loopback."""

import json
import subprocess
import sys
import time

import pytest

from pipeline.cache.bucket import open_bucket
from tests.builder.dask_servers import ROOT, copy_package, make_env, scheduler, worker
from tests.publish.s3_server import BUCKET, empty_bucket, moto

pytestmark = [pytest.mark.slow, pytest.mark.external, pytest.mark.long]

STORE = f"s3://{BUCKET}/cache"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return copy_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def doctor(tmp_path_factory, package):
    """Return a function that runs ``doctor`` with options, and returns its exit code and findings by code."""
    folder = tmp_path_factory.mktemp("client")

    def run(*options, env=None):
        argv = [sys.executable, "-P", "-m", "pipeline", "-C", str(folder), "doctor", "--json", *options]
        full = {**make_env(folder, package), "WEERSLAG_LANGUAGE": "en", **(env or {})}
        result = subprocess.run(argv, cwd=folder, env=full, capture_output=True, text=True, check=False)
        assert "Traceback" not in result.stderr
        findings = json.loads(result.stdout)
        return result.returncode, {
            one["code"]: [two for two in findings if two["code"] == one["code"]] for one in findings
        }

    return run


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, package):
    """A scheduler, a worker with the way to the store, and one without credentials for it."""
    folder = tmp_path_factory.mktemp("cluster")
    for name in ("scheduler", "with", "without"):
        (folder / name).mkdir()
    with moto() as port, scheduler(folder / "scheduler") as dask, pytest.MonkeyPatch.context() as patch:
        empty_bucket(port)
        with worker(dask, folder / "without", name="without", package=package):
            patch.setenv("AWS_ACCESS_KEY_ID", "test")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
            patch.setenv("AWS_REGION", "eu-west-1")
            patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
            with worker(dask, folder / "with", name="with", package=package):
                logs = [folder / name / "log.txt" for name in ("with", "without")]
                deadline = time.monotonic() + 600
                while not all("Registered to" in log.read_text() for log in logs):
                    assert time.monotonic() < deadline, "a worker never started"
                    time.sleep(0.1)
                yield f"dask:127.0.0.1:{dask}"


def test_each_worker_tries_the_store_and_nothing_is_left_in_it(doctor, cluster):
    code, found = doctor("--workers", cluster, "--cache", STORE)

    assert "2 workers, 2 threads" in found["scheduler"][0]["message"]
    assert ["info", "info"] == [one["severity"] for one in found["worker"]]
    assert "conditional write" in found["store"][0]["message"]
    assert ["error", "info"] == sorted(one["severity"] for one in found["worker-store"])
    (refused,) = (one for one in found["worker-store"] if one["severity"] == "error")
    assert "credentials" in refused["message"]
    assert "AWS_" in refused["hint"]
    assert 5 == code
    assert [] == list(open_bucket(STORE).list())


def test_without_a_store_workers_must_see_the_disk(doctor, cluster):
    code, found = doctor("--workers", cluster)

    assert (0, "info") == (code, found["worker-disk"][0]["severity"])


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--workers", "dask:127.0.0.1:9"], "scheduler", "no Dask scheduler answers"),
        (["--workers", "dask:tcp://10.0.0.1:8786"], "scheduler", "not protected by TLS"),
        (["--cache", "s3://bestaat-niet/x"], "store", "404"),
    ],
)
def test_what_cannot_work_is_an_error_with_advice(doctor, cluster, options, code, message):
    exit_code, found = doctor(*options)

    assert (5, "error") == (exit_code, found[code][0]["severity"])
    assert message in found[code][0]["message"]
    assert found[code][0]["hint"]


def test_other_tls_settings_are_explained(doctor, cluster):
    exit_code, found = doctor("--workers", cluster, env={"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"})

    assert (5, "error") == (exit_code, found["scheduler"][0]["severity"])
    assert "encryption" in found["scheduler"][0]["message"]


def test_each_part_that_is_not_installed_is_named(doctor, tmp_path):
    for name in ("distributed", "obstore"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    path = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    exit_code, found = doctor("--workers", "dask:127.0.0.1:9", "--cache", STORE, env=path)

    assert 5 == exit_code
    assert "obstore" in found["store"][0]["hint"]
    assert "distributed" in found["scheduler"][0]["hint"]
