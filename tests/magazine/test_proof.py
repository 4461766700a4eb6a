"""The proof: how the pages looked that went to the printer, and which look otherwise since."""

import pytest
from click.testing import CliRunner

from pipeline.builder.proofs import FILE, keep_proof, proof_of
from pipeline.cli import weerslag
from pipeline.errors import ContentError
from pipeline.preflight import PreflightJob, PreflightReport, changed, preflight

LOOKS = ("a" * 64, "b" * 64, "")


def report(*looks) -> PreflightReport:
    return PreflightReport(purpose="print", pages=len(looks), findings=(), looks=looks)


def test_pages_that_look_otherwise_or_are_new_are_named():
    assert () == changed(report("a", "b"), ["a", "b"])
    assert (2,) == changed(report("a", "c"), ["a", "b"])
    assert (2, 3) == changed(report("a", "c", "d"), ["a", "b"])
    assert () == changed(report("a"), ["a", "b"])


def test_a_proof_comes_back_as_it_was_kept(tmp_path):
    (tmp_path / "magazine").mkdir()

    assert proof_of(tmp_path) is None
    keep_proof(tmp_path, LOOKS)
    assert LOOKS == proof_of(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", '{"pages": 3}', '{"pages": ["kort"]}', '{"pages": [3]}', "\xff"])
def test_a_proof_that_somebody_edited_is_told(tmp_path, content):
    (tmp_path / "magazine").mkdir()
    (tmp_path / FILE).write_bytes(content.encode("latin-1"))

    with pytest.raises(ContentError, match="no proof"):
        proof_of(tmp_path)


def test_the_command_keeps_how_the_pages_look(tmp_path, paper):
    (tmp_path / "magazine").mkdir()
    (tmp_path / "programme.yaml").write_text("title: Proef\n")

    told = CliRunner().invoke(weerslag, ["-C", str(tmp_path), "preflight", "--quick", "--proof", str(paper[0])])

    assert f"kept as the proof: {tmp_path / FILE}" in told.output
    assert preflight(PreflightJob(pdf=str(paper[0]), tools=False)).looks == proof_of(tmp_path)
