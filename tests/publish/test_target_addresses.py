"""Addresses with an account are found again, on the machine that published to them."""

from pipeline.cache import Cache
from pipeline.publish.target_addresses import find_address, list_participant_targets, remember_address


def test_an_address_with_an_account_is_remembered_and_another_machine_uses_the_name(tmp_path):
    cache, name = Cache(tmp_path / "cache"), "sftp://www.example.org/srv/www"
    remember_address(cache, name, "sftp://web@www.example.org/srv/www")
    remember_address(cache, name, "sftp://ander@www.example.org/srv/www")

    assert "sftp://ander@www.example.org/srv/www" == find_address(cache, tmp_path, name)
    assert name == find_address(Cache(tmp_path / "other"), tmp_path, name)
    assert str(tmp_path / "lokaal") == find_address(cache, tmp_path, "lokaal")
    assert "s3://bucket/x" == find_address(cache, tmp_path, "s3://bucket/x")


def test_only_targets_for_participants_are_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache = Cache(tmp_path / "cache")
    assert () == list_participant_targets(cache)
    remember_address(cache, "s3://b/p", "s3://b/p", for_participants=True)
    remember_address(cache, "../besloten", "besloten", for_participants=True)
    remember_address(cache, "sftp://h/x", "sftp://u@h/x")

    assert (str(tmp_path / "besloten"), "s3://b/p") == list_participant_targets(cache)
