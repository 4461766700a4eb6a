"""One job that cannot write: what a person reads of it."""

from pathlib import Path

from pipeline.audio.tasks import Encoded, EncodeJob
from pipeline.builder import Talk
from pipeline.builder.task_runner import Making, Request
from pipeline.cache import Store
from pipeline.executors import open_workers
from pipeline.model import SoundTarget
from tests.audio.sounds import convert, tone, wav


def on_a_full_disk(master: Path, out: Path) -> EncodeJob:
    """A job for a file that lies on a disk without room."""
    Path(f"{out}.partial").symlink_to("/dev/full")
    return EncodeJob(master=str(master), format="m4a", target=SoundTarget(), out=str(out))


def test_a_full_disk_is_told_by_the_folder_that_people_know_and_with_what_to_do(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(tone((-20, 2))))
    master = convert(tmp_path / "a.wav", tmp_path / "a.flac")
    store = tmp_path / ".weerslag"
    (store / "tmp").mkdir(parents=True)

    with open_workers("here") as pool:
        making = Making(store=Store(folder=store), pool=pool, folder=store / "tmp", talk=Talk(step=lambda _: None))
        wanted = Request(verb="encoded", subject="01", maker=EncodeJob.MAKER, recipe=1, settings={}, inputs={}, tools={},
                         job=lambda files: on_a_full_disk(master, files["a.m4a"]), answer=Encoded, outputs=("a.m4a",))  # fmt: skip
        made = making.make([wanted])

    ((_, error),) = making.failures
    assert [None] == made
    assert (str(store), "it cannot be written: No space left on device") == (error.where, error.message)
    assert "the next build goes on where this one stopped" in error.hint
