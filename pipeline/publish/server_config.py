"""How a web server serves what is published: types, caches, parts. For nginx, for Apache, and for static hosts."""

from urllib.parse import urlsplit

from pipeline import urls
from pipeline.model import Output

_LASTING = r"-[0-9a-f]{8}\.[0-9a-z]+$"  # a name that changes with its bytes
_HIDDEN = r"/\.(?!well-known/)"  # the note of what is ours lies there


def render_serving(url: str) -> tuple[Output, ...]:
    """What stands at ``url`` (it ends in a slash), for three kinds of server; each file says where it belongs.

    Podcast apps ask for the right type, for the length, and for parts of a sound (Apple: byte ranges).
    """
    path = urlsplit(url).path or "/"
    files = {"nginx.conf": _nginx(path), "apache.htaccess": _apache(path), "_headers": _static(path)}
    return tuple(Output(path=f"press/serving/{name}", content=text.encode()) for name, text in files.items())


def _nginx(path: str) -> str:
    types = "".join(f"        {kind.partition(';')[0]} {suffix[1:]};\n" for suffix, kind in urls.MEDIA_TYPES.items())
    return f"""\
# Put this into the `server` block of the site, and name the folder that you publish to. Then: nginx -t
location ^~ {path} {{
    alias /srv/www/podcast/;
    index index.html;
    error_page 404 {path}404.html;
    charset utf-8;
    charset_types text/css text/html text/javascript text/plain text/vtt text/xsl text/calendar application/xml;
    types {{
{types}    }}
    set $kept "{urls.CACHED_BRIEFLY}";
    if ($uri ~ "{_LASTING}") {{ set $kept "{urls.CACHED_FOR_EVER}"; }}
    if ($uri ~ "{_HIDDEN}") {{ return 404; }}
    add_header Cache-Control $kept;
    add_header Access-Control-Allow-Origin *;
    add_header X-Content-Type-Options nosniff;
}}
"""


def _apache(path: str) -> str:
    types = "".join(f"AddType {kind.partition(';')[0]} {suffix}\n" for suffix, kind in urls.MEDIA_TYPES.items())
    return f"""\
# Call this file .htaccess, in the folder that you publish to. It takes AllowOverride FileInfo AuthConfig Indexes, and mod_headers.
DirectoryIndex index.html
ErrorDocument 404 {path}404.html
AddDefaultCharset utf-8
{types}<Files "chapters.json">
    ForceType application/json+chapters
</Files>
Header set Cache-Control "{urls.CACHED_BRIEFLY}"
<FilesMatch "{_LASTING}">
    Header set Cache-Control "{urls.CACHED_FOR_EVER}"
</FilesMatch>
Header set Access-Control-Allow-Origin "*"
Header set X-Content-Type-Options "nosniff"
<FilesMatch "^\\.weerslag">
    Require all denied
</FilesMatch>
"""


def _static(path: str) -> str:
    return f"""\
# Netlify, Cloudflare Pages and their kind: call this file _headers, in the root of the site.
{path}*
  Access-Control-Allow-Origin: *
  X-Content-Type-Options: nosniff
{path}audio/*
  Cache-Control: {urls.CACHED_FOR_EVER}
{path}*.opus
  Content-Type: audio/ogg
{path}*.m4a
  Content-Type: audio/mp4
"""
