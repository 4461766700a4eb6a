"""Processing report of an episode or a file: a page for people, JSON for tools."""

from pipeline.reports.processing import ReportFile, ReportInput, build_report_data, render_report_page, render_reports
from pipeline.reports.tracks import build_take_data

__all__ = ["ReportFile", "ReportInput", "build_report_data", "build_take_data", "render_report_page", "render_reports"]
