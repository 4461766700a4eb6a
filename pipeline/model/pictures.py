"""Pictures where they are used, and what is left of them when they are cropped."""

from dataclasses import dataclass
from pathlib import PurePosixPath

Box = tuple[float, float, float, float]  # left, top, right, bottom: shares of width and height

CROP_RATIOS = {"column": 4 / 3, "full": 16 / 9, "page": 210 / 297}  # width to height of a cropped picture
MAX_CUT = 0.1  # share of a picture that can be lost without notice
_UNKNOWN_RATIO = 3 / 2  # of a camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture where it is used. ``file`` is relative to the programme; ``alt`` is never empty."""

    file: str
    alt: str
    credit: str = ""
    caption: str = ""
    fit: str = "whole"  # whole | crop: to the shape of ``width``
    focus: tuple[float, float] | None = None  # percent from the left and the top: a crop keeps it; None: the middle
    width: str = ""  # column | full | page; empty: by shape and resolution
    width_px: int = 0  # of the file, upright; 0: unknown
    height_px: int = 0

    @property
    def ratio(self) -> float:
        """Width to height of what is shown."""
        return self._crop_ratio or self._file_ratio

    @property
    def cut(self) -> float:
        """The share that cropping removes."""
        if not self._crop_ratio:
            return 0.0
        return 1 - min(self._crop_ratio / self._file_ratio, self._file_ratio / self._crop_ratio)

    @property
    def box(self) -> Box | None:
        """What a crop keeps, as near to the focus as possible; ``None``: everything."""
        if not self._crop_ratio:
            return None
        x, y = self.focus or (50.0, 50.0)
        width = min(1.0, self._crop_ratio / self._file_ratio)
        height = min(1.0, self._file_ratio / self._crop_ratio)
        left = min(max(0.0, x / 100 - width / 2), 1 - width)
        top = min(max(0.0, y / 100 - height / 2), 1 - height)
        return (round(left, 4), round(top, 4), round(left + width, 4), round(top + height, 4))

    @property
    def shown_px(self) -> tuple[float, float]:
        """Width and height of what is shown in pixels of the file."""
        left, top, right, bottom = self.box or (0.0, 0.0, 1.0, 1.0)
        return (right - left) * self.width_px, (bottom - top) * self.height_px

    @property
    def name(self) -> str:
        """Name of the published copy: two crops of one file are two pictures."""
        if not (box := self.box):
            return self.file
        path = PurePosixPath(self.file)
        edges = "-".join(f"{round(edge * 1000)}" for edge in box)
        return str(path.with_name(f"{path.stem}-{edges}{path.suffix}"))

    @property
    def _crop_ratio(self) -> float:
        return CROP_RATIOS[self.width or "column"] if self.fit == "crop" else 0.0

    @property
    def _file_ratio(self) -> float:
        return self.width_px / self.height_px if self.width_px and self.height_px else _UNKNOWN_RATIO
