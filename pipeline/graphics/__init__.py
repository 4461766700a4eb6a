"""Draws what an event left behind: its trace, its covers, what is shared of it, its QR codes; and cleans pictures. Here stands all that others use."""

from pipeline.graphics import contact_sheet
from pipeline.graphics.contact_sheet import draw_contact_sheet
from pipeline.graphics.covers import CoverJob, draw_cover
from pipeline.graphics.image_cleaning import (
    CoverFacts,
    FitJob,
    PictureFacts,
    PictureJob,
    clean_picture,
    fit_cover,
    upright_px,
)
from pipeline.graphics.palette import ACCENT, GREY, INK, INKS, PAPER, ink
from pipeline.graphics.print_images import PrintPictureFacts, PrintPictureJob, most_ink, print_picture
from pipeline.graphics.qr import qr_svg
from pipeline.graphics.social_images import SHARE_HEIGHT_PX, SHARE_WIDTH_PX, ShareJob, draw_share
from pipeline.graphics.waveform import Bar, bars, trace_svg
from pipeline.graphics.waveform_image import MOST_BANDS

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
    "contact_sheet",
    "draw_contact_sheet",
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
