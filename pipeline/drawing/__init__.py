"""Draws what an event left behind: its trace, its covers, what is shared of it, its QR codes; and cleans pictures. Here stands all that others use."""

from pipeline.drawing import contact
from pipeline.drawing.bands import MOST_BANDS
from pipeline.drawing.contact import contact_sheet
from pipeline.drawing.covers import CoverJob, draw_cover
from pipeline.drawing.inks import ACCENT, GREY, INK, INKS, PAPER, ink
from pipeline.drawing.pictures import CoverFacts, FitJob, PictureFacts, PictureJob, clean_picture, fit_cover, upright_px
from pipeline.drawing.printed import PrintPictureFacts, PrintPictureJob, most_ink, print_picture
from pipeline.drawing.qr import qr_svg
from pipeline.drawing.sharing import SHARE_HEIGHT_PX, SHARE_WIDTH_PX, ShareJob, draw_share
from pipeline.drawing.trace import Bar, bars, trace_svg

RECIPE = 1  # of covers and pictures; SVG is drawn anew each time

__all__ = [
    "ACCENT",
    "GREY",
    "INK",
    "INKS",
    "MOST_BANDS",
    "PAPER",
    "RECIPE",
    "SHARE_HEIGHT_PX",
    "SHARE_WIDTH_PX",
    "Bar",
    "CoverFacts",
    "CoverJob",
    "FitJob",
    "PictureFacts",
    "PictureJob",
    "PrintPictureFacts",
    "PrintPictureJob",
    "ShareJob",
    "bars",
    "clean_picture",
    "contact",
    "contact_sheet",
    "draw_cover",
    "draw_share",
    "fit_cover",
    "ink",
    "most_ink",
    "print_picture",
    "qr_svg",
    "trace_svg",
    "upright_px",
]
