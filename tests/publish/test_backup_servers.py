"""Backups over the network: S3 (moto) and SFTP (OpenSSH), with writes that fail and connections that break."""

import getpass
import math
import stat

import pytest

from pipeline.cache import bucket
from pipeline.errors import WeerslagError
from pipeline.publish.backup_manifest import CHUNK_BYTES, list_versions
from tests.publish.conftest import read_tree
from tests.publish.http_servers import free_port
from tests.publish.s3_server import BUCKET, Faults, empty_bucket, faulty, moto
from tests.publish.test_backup import RECORDING, Programme, find_objects
from tests.publish.test_sftp_target import home, limited_proxy, port, sshd

pytestmark = pytest.mark.external

__all__ = ["home", "port"]  # fixtures


@pytest.fixture
def faults(monkeypatch):
    """An empty S3 storage whose writes fail as planned."""
    planned = Faults()
    with moto() as behind, faulty(behind, planned) as port:
        empty_bucket(behind)
        for name, value in {
            "AWS_ACCESS_KEY_ID": "known",
            "AWS_SECRET_ACCESS_KEY": "very-secret",
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(bucket, "_RETRIES", 0)
        yield planned


def test_a_backup_in_s3_is_restored_whatever_write_failed(tmp_path, faults):
    programme = Programme(tmp_path / "programme", f"s3://{BUCKET}/geheim/proef")
    programme.back_up()
    for number in range(1, 5):  # three objects and the manifest
        for name in ("episodes/01/episode.md", "magazine/empty.md", "magazine/new.md"):
            programme.write(name, f"{name} {number}")
        faults.plan(number, "500")
        with pytest.raises(WeerslagError):
            programme.back_up()
        faults.clear()
        plan, _ = programme.back_up()
        assert len(plan.uploads) <= 3

    programme.restore(tmp_path / "new")

    assert read_tree(programme.root) == read_tree(tmp_path / "new")
    count = len(list_versions(programme.target))
    assert (0, count) == (len(programme.back_up(verify=True)[0].uploads), len(list_versions(programme.target)))


def test_a_backup_over_sftp_continues_after_a_lost_connection_and_is_restored(tmp_path, home, port):
    programme = Programme(
        tmp_path / "programme", f"sftp://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/served/backup"
    )
    behind = free_port()
    with sshd(home, behind) as server, limited_proxy(port, behind, server) as connection:
        connection.left_bytes = CHUNK_BYTES + CHUNK_BYTES // 2
        with pytest.raises(WeerslagError, match=r"the connection was lost|no response from the server"):
            programme.back_up()
        present = len(find_objects(tmp_path / "served/backup"))
        connection.left_bytes = math.inf
        plan, _ = programme.back_up()
        programme.restore(tmp_path / "new")
        again, _ = programme.back_up(verify=True)

    assert 5 == present + len(plan.uploads)  # three chunks and two texts
    assert again.is_up_to_date
    assert read_tree(programme.root) == read_tree(tmp_path / "new")
    assert (tmp_path / "new" / RECORDING).stat().st_size > 2 * CHUNK_BYTES
    assert [] == list((tmp_path / "served").rglob(".weerslag-half-*"))
    assert 0o700 == stat.S_IMODE((tmp_path / "served/backup").stat().st_mode)
