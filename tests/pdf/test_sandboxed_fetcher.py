"""The sandboxed fetcher: no file outside the programme and the theme is opened, and no network."""

import socket
from pathlib import Path

import pytest

from pipeline.errors import MagazineError
from pipeline.pdf.renderer import render_pdf
from pipeline.pdf.tasks import RenderPdfTask

SECRET = "een geheim dat niemand mag lezen"


@pytest.fixture
def task(tmp_path) -> RenderPdfTask:
    (tmp_path / "secret.css").write_text(f"/* {SECRET} */")
    (tmp_path / "secret.txt").write_text(SECRET)
    inside = tmp_path / "programme"
    inside.mkdir()
    (inside / "link.svg").symlink_to(tmp_path / "secret.txt")
    (inside / "outside.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file://{tmp_path}/secret.txt" width="9" height="9"/></svg>'
    )
    (tmp_path / "theme").mkdir()
    return RenderPdfTask(
        html=str(tmp_path / "in.html"),
        pictures=str(inside),
        theme_folders=(str(tmp_path / "theme"),),
        out=str(tmp_path / "out.pdf"),
    )


def render(task: RenderPdfTask, body: str) -> None:
    Path(task.html).write_text(f'<!DOCTYPE html><html lang="nl"><title>Proef</title>{body}')
    render_pdf(task)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "../../etc/passwd",
        "pictures/../../secret.txt",
        "pictures/%2e%2e/secret.txt",
        "pictures/..%2fsecret.txt",
        "pictures//etc/passwd",
        "pictures/%2fetc%2fpasswd",
        "pictures/link.svg",
        "pictures/outside.svg",
        "pictures/",
        "pictures/a%00.jpg",
        "theme/../secret.txt",
        "FILE:///etc/passwd",
        "ftp://127.0.0.1/a.jpg",
        "gopher://127.0.0.1/",
        "//127.0.0.1/share/a.jpg",
    ],
)
@pytest.mark.parametrize("where", ['<img alt="a" src="{}">', "<p style=\"background: url('{}')\">a</p>"])
def test_url_outside_the_sandbox_stops_rendering(task, address, where):
    with pytest.raises(MagazineError):
        render(task, where.format(address))

    assert not Path(task.out).exists()


@pytest.mark.parametrize(
    "body",
    [
        '<link rel="stylesheet" href="file://{}/secret.css">',
        "<style>@import url('file://{}/secret.css');</style>",
        "<style>@font-face {{ font-family: a; src: url('file://{}/secret.txt') }} p {{ font-family: a }}</style><p>a",
        '<link rel="attachment" href="file://{}/secret.txt">',
        '<a rel="attachment" href="pictures/outside.svg">a</a>',
        '<base href="file://{}/"><img alt="a" src="secret.txt">',
        '<object data="file://{}/secret.txt"></object>',
        '<embed src="file://{}/secret.txt">',
        "<style>p::before {{ content: url('file://{}/secret.txt') }}</style><p>a",
        "<style>li {{ list-style-image: url('file://{}/secret.txt') }}</style><ul><li>a</ul>",
    ],
)
def test_other_references_outside_the_sandbox_stop_rendering(task, tmp_path, body):
    with pytest.raises(MagazineError):
        render(task, body.format(tmp_path))

    assert not Path(task.out).exists()


def test_no_network_connection_is_made(task):
    """A local server listens for the request of a picture, and gets no connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(MagazineError):
            render(task, f'<img alt="a" src="http://127.0.0.1:{port}/a.jpg">')

        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # a connection would be in the queue
            server.accept()


def test_files_inside_the_sandbox_are_opened(task, tmp_path):
    (Path(task.pictures) / "een beeld.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    (tmp_path / "theme" / "a.css").write_text("p { color: red }")

    render(task, '<link rel="stylesheet" href="theme/a.css"><img alt="a" src="pictures/een%20beeld.svg">')

    assert Path(task.out).read_bytes().startswith(b"%PDF-1.7")
