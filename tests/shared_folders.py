"""Folders that one process of a test run fills, and all its processes read."""

import os
import shutil

from filelock import FileLock


def share_folder(tmp_path_factory, name, fill):
    """Return a folder of this test run that ``fill`` filled once, in whichever process asked first; no test changes it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    done = folder.with_name(f"{name}.done")
    with FileLock(f"{folder}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # what a process that failed left
            folder.mkdir(parents=True)
            fill(folder)
            done.touch()
    return folder
