"""Preflight: checks of any PDF for print (PDF/X-4) and accessibility (PDF/UA-1)."""

from pipeline.preflight.tasks import PURPOSES, PreflightReport, PreflightTask

__all__ = ["PURPOSES", "PreflightReport", "PreflightTask"]
