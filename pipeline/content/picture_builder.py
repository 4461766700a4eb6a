"""Build the pictures of the model: their file, their size in pixels, and how they are shown."""

import posixpath
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from pipeline import model
from pipeline.content.check_helpers import list_picture_paths
from pipeline.content.programme_folder import ProgrammeFolder
from pipeline.content.schema.story import PictureSchema, TextPictureSchema
from pipeline.errors import WeerslagError
from pipeline.model.pictures import MAX_CUT
from pipeline.typesetting import find_images


def build_picture(
    folder: ProgrammeFolder, picture: PictureSchema | None, *, width: str = "", fit: str = "whole"
) -> model.Picture | None:
    """Build a picture outside a text.

    Args:
        folder: The programme.
        picture: The picture, whose file exists.
        width: The width where it stands, unless the picture has one.
        fit: The fit where it stands, unless the picture has one; empty: cropped only if that loses
            no more than a tenth.
    """
    if picture is None:
        return None
    file = next(path for path in list_picture_paths(picture.file) if folder.exists(path))
    built = model.Picture(
        file=file,
        alt=picture.alt,
        credit=picture.credit,
        caption=picture.caption,
        fit=picture.fit or fit or "crop",
        focus=picture.focus,
        width=picture.width or width,
        **_read_size(folder, file),
    )
    return replace(built, fit="whole") if not (picture.fit or fit) and built.cut > MAX_CUT else built


def build_text_pictures(
    folder: ProgrammeFolder, path: str, body_md: str, settings: Iterable[TextPictureSchema]
) -> tuple[model.Picture, ...]:
    """Build the pictures in the text of the file at ``path``, each once, in order."""
    by_file = {find_picture_in_text(one.file, path, body_md): one for one in settings}
    pictures: dict[str, model.Picture] = {}
    for image in find_images(body_md):
        file = resolve_in_text(image.source, path)
        setting = by_file.get(file)
        picture = model.Picture(
            file=file,
            alt=image.alt,
            credit=image.credit,
            caption=image.caption,
            fit=(setting and setting.fit) or "whole",
            focus=setting.focus if setting else None,
            width=(setting and setting.width) or "",
            **_read_size(folder, file),
        )
        pictures.setdefault(file, picture)
    return tuple(pictures.values())


def find_picture_in_text(name: str, path: str, body_md: str) -> str:
    """Find which picture of a text is meant by ``name``: a path as in the text, from magazine/, or from the programme.

    Returns:
        Its path in the programme; empty if the text does not show it.
    """
    shown = {resolve_in_text(image.source, path) for image in find_images(body_md)}
    return next((file for file in (resolve_in_text(name, path), *list_picture_paths(name)) if file in shown), "")


def resolve_in_text(source: str, path: str) -> str:
    """Return the path in the programme of a picture in the text of the file at ``path``."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), source))


def _read_size(folder: ProgrammeFolder, file: str) -> dict[str, int]:
    """Read width and height from the header of a file; none if another program damaged it since it was checked."""
    from pipeline.graphics.image_cleaning import read_upright_size  # noqa: PLC0415  # a programme may have no pictures

    with suppress(WeerslagError):
        width_px, height_px = read_upright_size(str(folder.resolve(file)))
        return {"width_px": width_px, "height_px": height_px}
    return {}
