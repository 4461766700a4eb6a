"""Font metrics: the names of font files, and character widths to estimate line lengths."""

DISPLAY_FONT = "SourceSerif4-Semibold.ttf.woff2"  # in templates/fonts/
LABEL_FONT = "SourceSans3-Semibold.ttf.woff2"

_DEFAULT_WIDTH, _WIDE_WIDTH = 540, 1000
_FIRST_WIDE = "\u2e80"  # Chinese, Japanese and Korean, and emoji, follow it; few others do
_CHARACTER_WIDTHS = {  # advance widths of Source Serif 4 Regular in 1/1000 em, grouped: kerning is not known anyway
    character: width
    for width, characters in {
        0: "\u2060", 180: "'", 220: "’‘", 233: " \u00a0", 300: "!j.,:;il|ï", 320: "-/[]t", 340: "(){}", 360: '"f', 380: "IJ", 420: "?r“”",
        440: "*s", 460: "z", 480: "c", 500: "$0123456789av€", 520: "#+<=>S_egxyéëè–", 550: "^koö", 565: "Zdq", 580: "FPbpu",
        600: "ELThn", 620: "B", 640: "CXY", 660: "AKR", 680: "GV", 700: "OQ", 720: "&DU", 740: "N", 764: "w", 788: "H",
        820: "…", 880: "%", 902: "Mm", 962: "W",
    }.items()
    for character in characters
}  # fmt: skip


def estimate_text_width(text: str) -> int:
    """Estimate the width of a line of Source Serif 4 Regular, in 1/1000 of the font size."""
    return sum(
        _CHARACTER_WIDTHS.get(character, _DEFAULT_WIDTH if character < _FIRST_WIDE else _WIDE_WIDTH)
        for character in text
    )
