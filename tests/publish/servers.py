"""Real servers on loopback, each for one test, with nothing of the machine's own settings: nginx and Apache."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

NGINX = """\
daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log {home}/access.log; {temporary}
    default_type application/octet-stream;
    server {{ listen 127.0.0.1:{port}; {inside} }}
}}
"""
APACHE = """\
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {home}/pid
DefaultRuntimeDir {home}
Mutex file:{home} default
ErrorLog {home}/error.log
{modules}
DocumentRoot {folder}
<Directory {folder}>
    AllowOverride FileInfo AuthConfig Indexes
    Require all granted
</Directory>
{inside}
"""
PATIENCE_S = 60  # for what comes at once, unless it never comes
MODULES = ("mpm_event", "authz_core", "dir", "mime", "headers", "alias")


def program(name, package):
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"this test needs {name}: apt-get install --no-install-recommends {package}"
    return found


_held = []  # until the tests are over


def free_port():
    """A port for one server after the other, which nobody else on this machine is given meanwhile.

    It is bound, without listening there: so the system gives it to no one who asks for any port, and to a server that
    names it and sets SO_REUSEADDR, as servers do. Source: socket(7), ip(7).
    """
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", 0))
    _held.append(one)
    return one.getsockname()[1]


@contextmanager
def nginx(home, port, inside):
    """Nginx with ``inside`` as the rest of its server block; its own check of the settings comes first."""
    home.mkdir(parents=True, exist_ok=True)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {home}/{kind};" for kind in kinds)
    settings = home / "nginx.conf"
    settings.write_text(NGINX.format(home=home, temporary=temporary, port=port, inside=inside))
    command = [program("nginx", "nginx"), "-p", str(home), "-e", str(home / "error.log"), "-c", str(settings)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert 0 == checked.returncode, checked.stderr
    with running(command, port):
        yield


@contextmanager
def apache(home, port, folder, inside=""):
    """Apache with ``folder`` at its root; a ``.htaccess`` there counts."""
    home.mkdir(parents=True, exist_ok=True)
    there = Path("/usr/lib/apache2/modules")
    modules = "".join(f"LoadModule {one}_module {there}/mod_{one}.so\n" for one in MODULES)
    types = "TypesConfig /dev/null\n"
    settings = home / "apache.conf"
    settings.write_text(
        APACHE.format(home=home, port=port, modules=modules + types, folder=folder, inside=inside), encoding="utf-8"
    )
    command = [program("apache2", "apache2-bin"), "-f", str(settings)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert 0 == checked.returncode, checked.stderr
    with running([*command, "-DFOREGROUND"], port):
        yield


@contextmanager
def running(command, port, **options):
    """A server for as long as the block lasts; it answers when the block begins."""
    with tempfile.TemporaryFile("w+") as said:  # no pipe: nobody reads it, and a full one would stop the server
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, **options)
        try:
            _wait_for(process, port, said)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=PATIENCE_S)


def _wait_for(process, port, said):
    over = time.monotonic() + PATIENCE_S
    while time.monotonic() < over:
        if process.poll() is not None:
            said.seek(0)
            pytest.fail(f"the server ended: {said.read()}")
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("the server does not answer")


def ask(port, path, method="GET", **headers):
    """Status, headers and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
