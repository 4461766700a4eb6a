"""Downloads the covers of a podcast, and the pictures of its chapters; each image once, however many times it is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.errors import WeerslagError, fill
from pipeline.graphics.image_cleaning import inspect_image
from pipeline.graphics.tasks import MIN_COVER_PX
from pipeline.model import Chapter
from pipeline.podcast_import.downloads import DownloadStore, SavedFile
from pipeline.podcast_import.import_plan import ImportRemark
from pipeline.podcast_import.source_feed import SourceChapter

_FOLDER = "covers"


@dataclass(slots=True, kw_only=True)
class ImageFiles:
    """The images of a programme."""

    store: DownloadStore
    remarks: list[ImportRemark]
    paths: dict[str, str] = field(default_factory=dict)  # by digest of the image
    links: dict[str, Path] = field(default_factory=dict)  # the downloads, by their path in the programme
    _failed: dict[str, str] = field(default_factory=dict)  # why an address gives no picture of a chapter

    def add_cover(self, address: str, name: str, *, subject: str) -> str:
        """Download a cover; return its path in the programme, or an empty string if it cannot be used."""
        if not address:
            return ""
        try:
            saved = self.store.save_image(address)
            problem = _check_cover(saved)
        except WeerslagError as error:
            problem, saved = error.message, None
        if problem or saved is None:
            message = fill("its cover is left out: {reason}", reason=problem)
            self.remarks.append(ImportRemark(subject=subject, message=message))
            return ""
        return self._place(saved, name)

    def add_chapters(self, chapters: Sequence[SourceChapter], slug: str, *, subject: str) -> tuple[Chapter, ...]:
        """Download the pictures of the chapters of an episode; return the chapters with their paths in the programme."""
        return tuple(self._add_all(chapters, slug, subject))

    def _add_all(self, chapters: Sequence[SourceChapter], slug: str, subject: str) -> Iterator[Chapter]:
        for number, one in enumerate(chapters, start=1):
            chapter = Chapter(start_ms=one.start_ms, title=one.title)
            try:
                if saved := self._save(one):
                    chapter = replace(chapter, image=self._place(saved, f"{slug}-chapter-{number:02}"))
            except WeerslagError as error:
                message = fill("the picture of a chapter is left out: {reason}", reason=error.message)
                self.remarks.append(ImportRemark(subject=subject, message=message))
            yield chapter

    def _save(self, chapter: SourceChapter) -> SavedFile | None:
        if reason := self._failed.get(chapter.image):  # for another chapter or episode
            raise WeerslagError(reason)
        try:
            if chapter.image:
                saved = self.store.save_image(chapter.image)
            elif chapter.content:
                saved = self.store.keep_image(chapter.content)
            else:
                return None
            inspect_image(str(saved.path))
        except WeerslagError as error:
            if chapter.image:
                self._failed[chapter.image] = error.message
            raise
        return saved

    def _place(self, saved: SavedFile, name: str) -> str:
        path = self.paths.setdefault(saved.sha256, f"{_FOLDER}/{name}.{saved.extension}")
        self.links[path] = saved.path
        return path


def _check_cover(saved: SavedFile) -> str:
    """Return why directories would reject an image as a cover; empty: they accept it."""
    image = inspect_image(str(saved.path))
    side = min(image.width_px, image.height_px)
    if side < MIN_COVER_PX:
        return fill(
            "the cover is {width} × {height} px; podcast directories require at least {min_cover_px}",
            width=image.width_px,
            height=image.height_px,
            min_cover_px=MIN_COVER_PX,
        )
    return ""
