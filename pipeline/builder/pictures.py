"""The pictures of stories and magazine, cleaned once: what a camera or a person wrote into them goes no further."""

import posixpath
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import graphics, typesetting, urls
from pipeline.builder.task_runner import Making, Request
from pipeline.executors import Limits
from pipeline.model import Programme

_MAX_PX = 3000  # 300 ppi over 254 mm: enough for a page with bleed
_GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Clean pictures: by the name that the programme gives them, the object, and the path in public/."""

    objects: Mapping[str, str]  # file in the programme: sha256
    paths: Mapping[str, str]  # file in the programme: path in public/
    sizes: Mapping[str, tuple[int, int]]  # path in public/: width and height in pixels


def cleaned(programme: Programme, *, making: Making, root: Path, tools: Mapping[str, str]) -> Pictures:
    """All pictures that the programme uses; one that cannot be cleaned stands in ``making.failures``."""
    files = sorted(set(_named(programme)))
    made = making.make([_request(file, making=making, root=root, tools=tools) for file in files])
    objects = {
        file: blob.sha256
        for file, one in zip(files, made, strict=True)
        if one is not None
        for blob in one.outputs.values()
    }
    paths = {file: urls.picture(Path(file).stem, sha256, _form(file)) for file, sha256 in objects.items()}
    answers = {file: one.answer for file, one in zip(files, made, strict=True) if one is not None}
    sizes = {paths[file]: (facts.width_px, facts.height_px) for file, facts in answers.items()}
    return Pictures(objects=objects, paths=paths, sizes=sizes)


def laid_ready(objects: Mapping[str, str], folder: Path, *, making: Making) -> Path:
    """A folder in which pictures stand under their own names, for whoever lays pages out."""
    for file, sha256 in objects.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        _stand_in(folder / file, making.store.path_of(sha256))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _stand_in(file: Path, source: Path) -> None:
    """A second name for an object, on the same disk. No symbolic link: whoever lays pages out opens none that leads away."""
    try:
        file.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, file)  # a disk without such names


def _named(programme: Programme) -> Iterator[str]:
    """Every picture that something shown uses."""
    if programme.magazine:
        yield from (article.picture.file for article in programme.magazine.flatplan if article.picture)
    for story in programme.stories:
        if story.picture:
            yield story.picture.file
        yield from _in_text(story.text_md, "magazine/stories")
    for reflection in programme.reflections:
        yield from _in_text(reflection.text_md, f"magazine/reflections/{reflection.event}")


def _in_text(text_md: str, folder: str) -> Sequence[str]:
    return [posixpath.normpath(posixpath.join(folder, one.source)) for one in typesetting.pictures_in(text_md)]


def _request(file: str, *, making: Making, root: Path, tools: Mapping[str, str]) -> Request[graphics.PictureFacts]:
    name = f"picture.{_form(file)}"
    return Request(
        verb="cleaned",
        subject=file,
        maker="pipeline.graphics:clean_picture",
        recipe=graphics.RECIPE,
        settings={"max_px": _MAX_PX},
        inputs={"picture": making.store.digest(root / file)},
        tools=tools,
        job=lambda files: graphics.PictureJob(source=str(root / file), out=str(files[name]), max_px=_MAX_PX),
        answer=graphics.PictureFacts,
        outputs=(name,),
        limits=Limits(memory_bytes=3 * _GIB, deadline_s=120, isolated=True),
    )


def _form(file: str) -> str:
    """What a clean picture is: PNG stays PNG, anything else becomes JPEG."""
    return "png" if file.lower().endswith(".png") else "jpg"
