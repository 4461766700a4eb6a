"""Editorial warnings: text that an editor should check. Warnings do not block a build."""

from collections.abc import Iterator, Sequence

from pipeline.content.approval_status import find_revoked_approvals
from pipeline.content.content_files import ProgrammeFiles, extract_body
from pipeline.content.fact_checks import check_facts
from pipeline.content.located_yaml import LocatedYaml
from pipeline.content.newsletter_checks import check_newsletters
from pipeline.content.style_checks import check_style
from pipeline.errors import ValidationError
from pipeline.model import EditorialWarning


def find_editorial_warnings(
    files: ProgrammeFiles, warnings: Sequence[EditorialWarning] = ()
) -> tuple[ValidationError, ...]:
    """Return every warning about the files, by file and line.

    Args:
        files: The programme; files with errors are skipped.
        warnings: Warnings from other packages, which get their location here.
    """
    found = {*find_revoked_approvals(files), *check_style(files), *check_facts(files), *check_newsletters(files)}
    return tuple(sorted({*found, *_locate_warnings(files, warnings)}))


def _locate_warnings(files: ProgrammeFiles, warnings: Sequence[EditorialWarning]) -> Iterator[ValidationError]:
    yaml_by_path = {file.path: file.yaml for file in files.list_files()}
    for warning in warnings:
        if yaml := yaml_by_path.get(warning.file):
            line, column = _locate(yaml, warning)
            yield yaml.source.create_warning(warning.code, line, column, warning.message, warning.hint)


def _locate(yaml: LocatedYaml, warning: EditorialWarning) -> tuple[int, int]:
    """Return the position of a value in the front matter, or of words in the text after it."""
    if warning.at:
        return yaml.locate(warning.at)
    first_line = extract_body(yaml.source).first_line
    found = yaml.source.find(warning.words, first_line) if warning.words else None
    return found or (min(first_line, len(yaml.source.lines)), 1)
