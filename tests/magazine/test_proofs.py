"""The proof: digests of the pages that went to the printer."""

import pytest
from click.testing import CliRunner

from pipeline.builder.proofs import PROOF_FILE, read_proof, write_proof
from pipeline.cli import weerslag
from pipeline.errors import ContentError
from pipeline.preflight.checks import check_pdf
from pipeline.preflight.tasks import PreflightReport, PreflightTask

DIGESTS = ("a" * 64, "b" * 64, "")


def report(*digests) -> PreflightReport:
    return PreflightReport(purpose="print", pages=len(digests), findings=(), page_digests=digests)


def test_changed_and_new_pages_are_listed():
    assert () == report("a", "b").find_changed_pages(["a", "b"])
    assert (2,) == report("a", "c").find_changed_pages(["a", "b"])
    assert (2, 3) == report("a", "c", "d").find_changed_pages(["a", "b"])
    assert () == report("a").find_changed_pages(["a", "b"])


def test_proof_is_read_as_written(tmp_path):
    (tmp_path / "magazine").mkdir()

    assert read_proof(tmp_path) is None
    write_proof(tmp_path, DIGESTS)
    assert DIGESTS == read_proof(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", '{"pages": 3}', '{"pages": ["kort"]}', '{"pages": [3]}', "\xff"])
def test_damaged_proof_is_an_error(tmp_path, content):
    (tmp_path / "magazine").mkdir()
    (tmp_path / PROOF_FILE).write_bytes(content.encode("latin-1"))

    with pytest.raises(ContentError, match="damaged proof file"):
        read_proof(tmp_path)


def test_command_writes_the_proof(tmp_path, print_edition):
    (tmp_path / "magazine").mkdir()
    (tmp_path / "programme.yaml").write_text("title: Proef\n")

    result = CliRunner().invoke(
        weerslag, ["-C", str(tmp_path), "preflight", "--quick", "--proof", str(print_edition[0])]
    )

    assert f"proof written: {tmp_path / PROOF_FILE}" in result.output
    assert check_pdf(PreflightTask(pdf=str(print_edition[0]), external_tools=False)).page_digests == read_proof(
        tmp_path
    )
