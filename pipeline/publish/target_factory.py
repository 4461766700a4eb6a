"""Open the target that an address names."""

from pathlib import Path

from pipeline.errors import GateError
from pipeline.publish.folder_target import FolderTarget
from pipeline.publish.target import Target, TargetError

_OWN_FOLDERS = ("public", "press", "episodes", "magazine", "templates", ".weerslag", ".git")


def open_target(address: str, *, root: Path) -> Target:
    """Open ``s3://bucket/prefix``, ``sftp://user@host/path`` or a folder.

    Args:
        address: Of the target. A folder inside the programme gets a name relative to it.
        root: The folder of the programme.

    Raises:
        GateError: The folder belongs to the programme, or contains it.
        DependencyError: The library that it needs is not installed.
        TargetError: It cannot be reached.
    """
    if address.startswith("s3://"):
        from pipeline.publish.s3_target import open_s3  # noqa: PLC0415  # an optional dependency, slow to import

        return open_s3(address)
    if address.startswith("sftp://"):
        from pipeline.publish.sftp_target import open_sftp  # noqa: PLC0415  # an optional dependency, slow to import

        return open_sftp(address)
    if "://" in address:
        hint = "Use a folder, s3://bucket/prefix or sftp://user@host/path."
        raise TargetError("unsupported kind of target", where=address, hint=hint)
    return _open_folder(address, root.resolve())


def open_private_target(address: str, *, root: Path) -> Target:
    """Open a target for backups, which must outlive the disk that the programme is on.

    Raises:
        GateError: It is the folder of the programme, lies in it, or contains it.
        DependencyError, TargetError: As ``open_target``.
    """
    if "://" not in address:
        folder, programme = Path(address).expanduser().resolve(), root.resolve()
        if folder == programme or programme in folder.parents or folder in programme.parents:
            hint = "Choose another disk, a server or a storage: a lost laptop takes this folder with it."
            raise GateError("a backup does not belong in or around the programme itself", where=address, hint=hint)
    return open_target(address, root=root)


def _open_folder(address: str, root: Path) -> FolderTarget:
    folder = Path(address).expanduser().resolve()
    hint = "Publish to a separate folder, such as the one that the web server serves."
    own = [root / name for name in _OWN_FOLDERS]
    if folder == root or any(folder == one or one in folder.parents for one in own):
        raise GateError("this folder belongs to the programme itself", where=address, hint=hint)
    if folder in root.parents:
        message = "this folder contains the programme: a web server would show its drafts and recordings"
        raise GateError(message, where=address, hint=hint)
    if folder.exists() and not folder.is_dir():
        raise TargetError("is a file, not a folder", where=address, hint=hint)
    name = folder.relative_to(root).as_posix() if root in folder.parents else folder.as_posix()
    return FolderTarget(folder=folder, name=name)
