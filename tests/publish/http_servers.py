"""Real nginx and Apache servers on loopback, independent of the machine's settings."""

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
TIMEOUT_S = 60  # for what happens at once, or never
MODULES = ("mpm_event", "authz_core", "dir", "mime", "headers", "alias")


def program(name, package):
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"this test needs {name}: apt-get install --no-install-recommends {package}"
    return found


_held = []  # until the tests end


def free_port():
    """Reserve a port that servers of one test may use one after another.

    It is bound without listening: the system does not assign it as a free port, but lets a server bind it by number
    and sets SO_REUSEADDR, as servers do. Source: socket(7), ip(7).
    """
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", 0))
    _held.append(one)
    return one.getsockname()[1]


@contextmanager
def nginx(home, port, inside):
    """Run nginx with ``inside`` in its server block, after it has checked its settings."""
    home.mkdir(parents=True, exist_ok=True)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {home}/{kind};" for kind in kinds)
    settings = home / "nginx.conf"
    settings.write_text(NGINX.format(home=home, temporary=temporary, port=port, inside=inside))
    command = [program("nginx", "nginx"), "-p", str(home), "-e", str(home / "error.log"), "-c", str(settings)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert 0 == checked.returncode, checked.stderr
    with running(command, port):
        yield


@contextmanager
def apache(home, port, folder, inside=""):
    """Run Apache with ``folder`` as its root; a ``.htaccess`` there is used."""
    home.mkdir(parents=True, exist_ok=True)
    module_folder = Path("/usr/lib/apache2/modules")
    modules = "".join(f"LoadModule {one}_module {module_folder}/mod_{one}.so\n" for one in MODULES)
    types = "TypesConfig /dev/null\n"
    settings = home / "apache.conf"
    settings.write_text(
        APACHE.format(home=home, port=port, modules=modules + types, folder=folder, inside=inside), encoding="utf-8"
    )
    command = [program("apache2", "apache2-bin"), "-f", str(settings)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert 0 == checked.returncode, checked.stderr
    with running([*command, "-DFOREGROUND"], port):
        yield


@contextmanager
def running(command, port, **options):
    """Run a server until the block ends; it accepts connections when the block begins."""
    with tempfile.TemporaryFile("w+") as log:  # a full pipe would stop the server
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, **options)
        try:
            _wait_for(process, port, log)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=TIMEOUT_S)


def _wait_for(process, port, log):
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)
            pytest.fail(f"the server ended: {log.read()}")
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("the server does not accept connections")


def fetch(port, path, method="GET", **headers):
    """Send one request; return status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()
