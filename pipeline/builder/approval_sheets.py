"""Build approval sheets outside ``public/``, ``press/`` and the cache: their words are not approved."""

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path

from pipeline.builder.mailings import render_documents
from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.mailings.approval_sheets import attach_pdf, render_approval_sheets
from pipeline.model import Programme
from pipeline.model.approvals import ApprovalSheet
from pipeline.typesetting import Theme


def build_approval_sheets(
    programme: Programme, sheets: Sequence[ApprovalSheet], executor: Executor, *, theme: Theme, reply_to: str
) -> Iterator[tuple[str, bytes]]:
    """Build the files of sheets: PDF, page and e-mail.

    Yields:
        The path of each file, ``<event>/<group>.pdf``, and its bytes.

    Raises:
        WeerslagError: A sheet cannot be rendered.
    """
    rendered = {one.path: one for one in render_approval_sheets(programme, sheets, theme=theme, reply_to=reply_to)}
    with tempfile.TemporaryDirectory(prefix="weerslag-sheets-") as folder:
        workspace = Path(folder) / "work"
        workspace.mkdir()
        runner = TaskRunner(
            cache=Cache(Path(folder) / "cache"),
            executor=executor,
            folder=workspace,
            reporter=Reporter(step=lambda _: None),
        )
        outputs = render_documents((one.document for one in rendered.values()), runner, theme=theme)
        if runner.failures:
            raise runner.failures[0][1]
        for output in outputs:
            path = output.path.removeprefix("press/").removesuffix(".pdf")
            pdf = runner.cache.fetch_object(output.sha256).read_bytes()
            yield f"{path}.pdf", pdf
            yield f"{path}.html", rendered[path].page
            yield f"{path}.eml", attach_pdf(rendered[path], pdf)
