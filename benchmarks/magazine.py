"""Benchmark of both PDFs: 64 pages, 40 pictures; also plain WeasyPrint, Typst, Chromium."""

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from kills import CHECKOUT, ENV
from mastering import Runs, measure_memory, run_once

WORDS = """
    wie bij de ander aan tafel gaat zitten hoort iets anders dan wie een brief schrijft en dat kost
    een avond maar scheelt een jaar aan onze tafel ging het daarom al snel niet meer over regels
    maar over wie er belt als het misgaat bij een aanvraag die drie keer hetzelfde vraagt zonder dat
    iemand weet waarom de besluitvorming zo lang duurt terwijl de samenwerking tussen gemeente
    provincie waterschap en bewoners juist vertrouwen nodig heeft
""".split()  # noqa: SIM905  # it reads as text
TABLES = 5  # of each event
PARAGRAPHS = (22, 11, 22, 11, 11)  # of the story after each event: with these the paper edition has just PAGES
PAGES, PICTURES = 64, 40


def write_programme(root: Path) -> None:
    """A programme without sound whose magazine has PAGES pages on paper, with PICTURES pictures."""
    chance = random.Random(20250116)
    images = root / "magazine/images"
    images.mkdir(parents=True)
    for number in range(PICTURES):
        draw_picture(images / f"beeld-{number:02}.jpg", chance)
    (root / "programme.yaml").write_text(programme_yaml())
    pictures = iter(range(PICTURES))
    plan = ["cover: {headline: Wat er op tafel bleef liggen}", "contents"]
    for event, paragraphs in enumerate(PARAGRAPHS, 1):
        plan.append(f"event: avond-{event}")
        folder = root / f"magazine/reflections/avond-{event}"
        folder.mkdir(parents=True)
        for table in range(1, TABLES + 1):
            picture = next(pictures) if table < 3 else None
            (folder / f"tafel-{table}.md").write_text(reflection_md(chance, table, picture))
        slug = f"verhaal-{event}"
        plan.append(f"article: stories/{slug}.md")
        stories = root / "magazine/stories"
        stories.mkdir(exist_ok=True)
        count = 6
        story_pictures = [one for one in (next(pictures, None) for _ in range(count)) if one is not None]
        (stories / f"{slug}.md").write_text(story_md(chance, event, paragraphs, story_pictures))
    plan += ["quotes", "colophon", "back"]
    listed = "\n".join(f"  - {one}" for one in plan)
    (root / "magazine/magazine.yaml").write_text(
        f"title: Ambtenaar van Nu\nedition: Meting\nlanguage: nl\npage: a4\nflatplan:\n{listed}\n"
        "print: {bleed_mm: 3, profile: coated-fogra39, multiple_of: 4}\ncolophon: Gemaakt voor een meting.\n"
    )


def programme_yaml() -> str:
    events = "".join(
        f"  - id: avond-{n}\n    title: Avond {n}\n    theme: Hoe groeit vertrouwen tussen burger en ambtenaar?\n"
        f"    starts: 2024-0{n}-13 16:30\n    ends: 2024-0{n}-13 19:00\n"
        "    venue: {name: EMMA, address: Wijnhaven 88, city: Den Haag}\n"
        for n in range(1, len(PARAGRAPHS) + 1)
    )
    return (
        "title: Ambtenaar van Nu\nsubtitle: Leerprogramma\nlanguage: nl\norganiser: Weerslag\nurl: https://example.org/meting/\n"
        "timezone: Europe/Amsterdam\npodcast:\n  guid: abdf5780-b12b-52a5-9dc7-0247e83d6c69\n  author: Weerslag\n"
        "  description: Een meting.\n  category: [Government]\n  type: serial\n  explicit: false\n"
        f"sound: {{loudness_lufs: -16}}\nprofile: open\nevents:\n{events}"
    )


def sentence(chance: random.Random) -> str:
    words = [chance.choice(WORDS) for _ in range(chance.randint(8, 18))]
    return " ".join(words).capitalize() + "."


def paragraph(chance: random.Random) -> str:
    return " ".join(sentence(chance) for _ in range(chance.randint(4, 7)))


def picture_md(number: int) -> str:
    return f"![Een vlak met lijnen, nummer {number}](../images/beeld-{number:02}.jpg)"


def reflection_md(chance: random.Random, table: int, picture: int | None) -> str:
    blocks = [paragraph(chance) for _ in range(4)]
    if picture is not None:
        blocks.insert(2, picture_md(picture).replace("../images", "../../images"))
    text = "\n\n".join(blocks)
    return (
        f"---\ngroup: Tafel {table}\nroles: [uitvoering, beleid]\nquestion: Wat heb jij nodig om te vertrouwen?\n"
        f"approved: 2024-07-01\ninsights:\n  - {sentence(chance)}\n  - {sentence(chance)}\nquotes:\n"
        f'  - {{text: "{sentence(chance)}", by: deelnemer, approved: true}}\n'
        f'  - {{text: "{sentence(chance)}", by: deelnemer, approved: true}}\n---\n{text}\n'
    )


def story_md(chance: random.Random, number: int, paragraphs: int, pictures: list[int]) -> str:
    blocks = [paragraph(chance) for _ in range(paragraphs)]
    for place, picture in enumerate(pictures):
        blocks.insert(2 + (paragraphs // 4 + 1) * place, picture_md(picture))
    text = "\n\n".join(blocks)
    return f"---\ntitle: Verhaal {number}, over wie er begint\nintro: {sentence(chance)}\n---\n{text}\n"


def draw_picture(file: Path, chance: random.Random) -> None:
    """Lines on a ground, with the grain of a photograph so that it weighs what one weighs."""
    noise = Image.effect_noise((1600, 1200), 40).convert("RGB")
    ground = Image.new("RGB", (1600, 1200), tuple(chance.randint(60, 220) for _ in range(3)))
    picture = Image.blend(ground, noise, 0.15)
    pen = ImageDraw.Draw(picture)
    for _ in range(30):
        pen.line([chance.randint(0, 1600) for _ in range(4)], fill="#16202C", width=chance.randint(2, 20))
    picture.save(file, quality=88)


def render(root: Path) -> None:
    """Build both PDFs as a build does, with its cache.

    The pictures were cleaned and converted before.
    """
    from pipeline.builder.editions import MagazineContext, build_pdfs
    from pipeline.builder.output_files import find_theme
    from pipeline.builder.pictures import clean_pictures
    from pipeline.builder.task_runner import Reporter, TaskRunner
    from pipeline.cache import Cache
    from pipeline.content import load_programme
    from pipeline.executors import open_executor

    programme, cache = load_programme(root), Cache(folder=root / ".weerslag")
    with (
        cache.lock(holder="a benchmark", wait=True, waiting=print),
        open_executor("processes:2") as executor,
        cache.open_workspace() as folder,
    ):
        runner = TaskRunner(cache=cache, executor=executor, folder=folder, reporter=Reporter(step=lambda _: None))
        context = MagazineContext(
            root=root,
            runner=runner,
            pictures=clean_pictures(programme, runner, root=root),
            theme=find_theme("magazine", programme, root),
            theme_digest="",
        )
        pdfs = build_pdfs(programme, (), programme.magazine, context)
        cache.record_build({**cache.load_last_keys(), **runner.keys}, [one.sha256 for one in pdfs])
        for one in pdfs:
            shutil.copyfile(cache.get_object_path(one.sha256), root / one.name)
        print(json.dumps({one.name: one.pages for one in pdfs}))


def plain(root: Path) -> None:
    """Run plain WeasyPrint on the HTML of the print edition, without tags or a PDF variant."""
    import weasyprint

    from pipeline.magazine.edition import list_theme_folders
    from pipeline.pdf.sandboxed_fetcher import BASE_URL, SandboxedFetcher
    from pipeline.typesetting import Theme

    folders = list_theme_folders(Theme(folder="magazine", language="nl"))
    fetcher = SandboxedFetcher(pictures=str(root / "converted"), theme_folders=folders)
    html = (root / "print.html").read_text()
    weasyprint.HTML(string=html, base_url=BASE_URL, url_fetcher=fetcher).write_pdf(root / "plain.pdf")


def prepare(root: Path, typst: str) -> None:
    """Prepare the print edition as one HTML document, and the same text for Typst."""
    from pipeline.content import load_programme
    from pipeline.typesetting import Theme
    from tests.magazine.whole_document import render_magazine_html

    programme = load_programme(root)
    html = render_magazine_html(programme, (), theme=Theme(folder="magazine", language="nl"), medium="print")
    (root / "print.html").write_text(html)
    for name in ("magazine",):
        shutil.copytree(root / name / "images", root / "converted" / name / "images")
    (root / "theme").symlink_to(CHECKOUT / "templates/magazine")
    screen = render_magazine_html(programme, (), theme=Theme(folder="magazine", language="nl"))
    (root / "chromium.html").write_text(screen.replace("pictures/", "").replace("theme/fonts", "../fonts"))
    if typst:
        (root / "magazine.typ").write_text(format_typst(programme))


def format_typst(programme) -> str:
    """Format the same words and pictures for Typst: A4, two columns, hyphenated.

    No openers, QR codes or drawings.
    """
    head = (
        '#set document(title: "Ambtenaar van Nu")\n#set page("a4", columns: 2, margin: 18mm, numbering: "1")\n#set text(lang: "nl", size: 9.6pt, hyphenate: true)\n'
        "#set par(justify: true)\n#outline()\n"
    )
    parts = [f"= {one.title}\n{_typst_text(one.text_md, 'magazine/stories')}" for one in programme.stories]
    for one in programme.reflections:
        text = _typst_text(one.text_md, f"magazine/reflections/{one.event}")
        parts.append(f"= {one.question}\n{text}\n" + "\n".join(f"- {insight}" for insight in one.insights))
    return head + "\n#pagebreak()\n".join(parts)


def _typst_text(text_md: str, folder: str) -> str:
    def figure(found):
        file = os.path.normpath(f"{folder}/{found[2]}")
        return f'#figure(image("{file}", alt: "{found[1]}"))'

    return re.sub(r"!\[([^\]]*)\]\(([^)]*)\)", figure, text_md)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--typst", default="", help="a Python that has the package typst")
    parser.add_argument("--only", choices=("render", "plain"), help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        (render if options.only == "render" else plain)(options.root)
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "programme"
        root.mkdir()
        write_programme(root)
        compare(root, options)


def compare(root: Path, options: argparse.Namespace) -> None:
    """Run all tools in turn for some rounds, and print the medians."""
    prepare(root, options.typst)
    command = [sys.executable, __file__, "--root", str(root), "--only"]
    subprocess.run([*command, "render"], env=ENV, check=True, capture_output=True)  # caches the pictures
    text = root / "magazine/reflections/avond-3/tafel-4.md"
    tools = {
        "plain WeasyPrint": [*command, "plain"],
        "both PDFs": [*command, "render"],
        "one edit": [*command, "render"],
    }
    if options.typst:
        code = "import typst; typst.compile('magazine.typ', output='typst.pdf', pdf_standards=['ua-1'])"
        tools["Typst"] = [options.typst, "-c", code]
    chromium = shutil.which("chromium")
    if chromium:
        tools["Chromium"] = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--allow-file-access-from-files",
            f"--print-to-pdf={root}/chromium.pdf", f"file://{root}/chromium.html",
        ]  # fmt: skip
    runs = {name: Runs() for name in tools}
    for number in range(options.rounds + 1):
        measure = measure_memory if number == options.rounds else run_once  # memory in a round that is not timed
        for name, argv in tools.items():
            if name == "both PDFs":
                clear_rendered(root)
            if name == "one edit":
                text.write_text(re.sub(r"Slot \d*\.?$", "", text.read_text().rstrip()) + f" Slot {number}.\n")
            before = Path.cwd()
            os.chdir(root)
            measure(argv, runs[name])
            os.chdir(before)
        check_result(root)
    print_table(root, runs)


def check_result(root: Path) -> None:
    """Check that the print edition has PAGES pages and PICTURES pictures, also after an edit."""
    import pikepdf

    for file in ("plain.pdf", "magazine-print.pdf"):
        with pikepdf.open(root / file) as pdf:
            images = {
                one.objgen for one in pdf.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"
            }
            if (len(pdf.pages), len(images)) != (PAGES, PICTURES):
                sys.exit(f"{file} has {len(pdf.pages)} pages and {len(images)} pictures, not {PAGES} and {PICTURES}")


def clear_rendered(root: Path) -> None:
    """Delete the cached sections and merged PDFs; pictures and fonts stay."""
    for record in (root / ".weerslag/records").rglob("*.json"):
        if re.search(r'"task": ?"(RenderPdfTask|MergeSectionsTask)"', record.read_text()):
            record.unlink()
    (root / ".weerslag/last.json").unlink(missing_ok=True)


def print_table(root: Path, runs: dict[str, "Runs"]) -> None:
    files = {
        "plain WeasyPrint": ("plain.pdf",),
        "both PDFs": ("magazine.pdf", "magazine-print.pdf"),
        "one edit": ("magazine.pdf", "magazine-print.pdf"),
        "Typst": ("typst.pdf",),
        "Chromium": ("chromium.pdf",),
    }
    bare = runs["plain WeasyPrint"]
    print(f"{datetime.now(UTC):%d %B %Y}, load {os.getloadavg()[0]:.1f}")
    for name, one in runs.items():
        pages = sum(count_pages(root / file) for file in files[name])
        wall = statistics.median(one.wall_s)
        print(
            f"{name:18} {wall:6.2f} s wall ({min(one.wall_s):.2f} at best)  {statistics.median(one.cpu_s):6.2f} s cpu  "
            f"{compute_ratio(one.wall_s, bare.wall_s):5.2f} x plain  ({compute_ratio(one.cpu_s, bare.cpu_s):.2f} x its cpu)  "
            f"{pages:4} pages  {pages / wall:6.1f} pages/s  {max(one.memory_mb):5.0f} MB"
        )


def compute_ratio(these: list[float], those: list[float]) -> float:
    """The median of the ratios of single rounds, in which all ran directly after each other."""
    return statistics.median(one / other for one, other in zip(these, those, strict=True))


def count_pages(file: Path) -> int:
    import pikepdf

    if not file.exists():
        return 0
    with pikepdf.open(file) as pdf:
        return len(pdf.pages)


if __name__ == "__main__":
    main()
