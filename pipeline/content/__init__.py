"""Read and validate programme.yaml, episodes/ and magazine/, and build the model. Never writes.

``load_files`` reads every file once; the other functions take its result. The only package that
imports PyYAML and pydantic.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.content.approval_status import count_unlocked_approvals as count_unlocked_approvals
    from pipeline.content.approval_status import find_revoked_approvals as find_revoked_approvals
    from pipeline.content.approval_status import list_pending_approvals as list_pending_approvals
    from pipeline.content.content_files import ProgrammeFiles as ProgrammeFiles
    from pipeline.content.editorial_warnings import find_editorial_warnings as find_editorial_warnings
    from pipeline.content.loader import list_recording as list_recording
    from pipeline.content.loader import load_files as load_files
    from pipeline.content.loader import load_programme as load_programme
    from pipeline.content.loader import locate_episode_time as locate_episode_time
    from pipeline.content.loader import read_outline as read_outline
    from pipeline.content.loader import read_valid_files as read_valid_files
    from pipeline.content.masked_drafts import mask_drafts as mask_drafts
    from pipeline.content.model_builder import build_programme as build_programme
    from pipeline.content.programme_folder import find_on_disk as find_on_disk
    from pipeline.content.schema.json_schema import build_json_schemas as build_json_schemas
    from pipeline.content.transcript_bounds import check_transcript_end as check_transcript_end
    from pipeline.content.warning_groups import group_warnings as group_warnings
else:
    # A build with nothing to do reads the publication log, which is in this package, and none of these (0.3 s of CPU).
    _NAMES = {
        "approval_status": ("count_unlocked_approvals", "find_revoked_approvals", "list_pending_approvals"),
        "discovery": ("ProgrammeFiles",),
        "editorial_warnings": ("find_editorial_warnings",),
        "loader": (
            "list_recording",
            "load_files",
            "load_programme",
            "locate_episode_time",
            "read_outline",
            "read_valid_files",
        ),
        "masked_drafts": ("mask_drafts",),
        "model_builder": ("build_programme",),
        "programme_folder": ("find_on_disk",),
        "schema.json_schema": ("build_json_schemas",),
        "transcript_bounds": ("check_transcript_end",),
        "warning_groups": ("group_warnings",),
    }

    def __getattr__(name: str) -> Any:
        """Import a name of this package when it is first used."""
        for module, names in _NAMES.items():
            if name in names:
                return getattr(importlib.import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
