"""Settings for web servers that serve what is published: media types and caching, for nginx, Apache and static hosts."""

from urllib.parse import urlsplit

from pipeline import urls
from pipeline.model import Output

_IMMUTABLE = r"-[0-9a-f]{8}\.[0-9a-z]+$"  # names that contain a digest of the content
_EMBED = r"/embed/[^/]+/"  # the players, which other sites may show in a frame
_PAGE_FOLDERS = (
    "episodes",
    "events",
    "cases",
    "stories",
    "magazine",
    "newsletters",
    "over",
    "about",
    "volgen",
    "follow",
    "zoeken",
    "search",
)
_HIDDEN = r"/\.(?!well-known/)"  # the upload manifest


def render_server_config(url: str) -> tuple[Output, ...]:
    """Render one file of settings per kind of server.

    Podcast apps require the right media type, Content-Length and byte ranges (Apple).

    Args:
        url: Where the programme is served; it ends in a slash.
    """
    path = urlsplit(url).path or "/"
    files = {
        "nginx.conf": _render_nginx(path),
        "apache.htaccess": _render_apache(path),
        "_headers": _render_static_host(path),
    }
    return tuple(Output(path=f"press/serving/{name}", content=text.encode()) for name, text in files.items())


def _render_nginx(path: str) -> str:
    types = "".join(f"        {kind.partition(';')[0]} {suffix[1:]};\n" for suffix, kind in urls.MEDIA_TYPES.items())
    return f"""\
# Copy this to the `server` block of the site, and change /srv/www/podcast/ to the published folder. Then run: nginx -t
location ^~ {path} {{
    alias /srv/www/podcast/;
    index index.html;
    error_page 404 {path}404.html;
    charset utf-8;
    charset_types text/css text/html text/javascript text/plain text/vtt text/xsl text/calendar application/xml;
    types {{
{types}    }}
    set $cache_control "{urls.CACHE_BRIEFLY}";
    if ($uri ~ "{_IMMUTABLE}") {{ set $cache_control "{urls.CACHE_IMMUTABLE}"; }}
    set $frame_ancestors "'self'";
    if ($uri ~ "{_EMBED}") {{ set $frame_ancestors "*"; }}
    if ($uri ~ "{_HIDDEN}") {{ return 404; }}
    add_header Cache-Control $cache_control;
    add_header Access-Control-Allow-Origin *;
    add_header X-Content-Type-Options nosniff;
    add_header Content-Security-Policy "frame-ancestors $frame_ancestors";
}}
"""


def _render_apache(path: str) -> str:
    types = "".join(f"AddType {kind.partition(';')[0]} {suffix}\n" for suffix, kind in urls.MEDIA_TYPES.items())
    return f"""\
# Save this as .htaccess in the published folder. Requires AllowOverride FileInfo AuthConfig Indexes, and mod_headers.
DirectoryIndex index.html
ErrorDocument 404 {path}404.html
AddDefaultCharset utf-8
{types}<Files "chapters.json">
    ForceType application/json+chapters
</Files>
Header set Cache-Control "{urls.CACHE_BRIEFLY}"
<FilesMatch "{_IMMUTABLE}">
    Header set Cache-Control "{urls.CACHE_IMMUTABLE}"
</FilesMatch>
Header set Access-Control-Allow-Origin "*"
Header set X-Content-Type-Options "nosniff"
Header set Content-Security-Policy "frame-ancestors 'self'"
<If "%{{REQUEST_URI}} =~ m#{_EMBED}#">
    Header set Content-Security-Policy "frame-ancestors *"
</If>
<FilesMatch "^\\.weerslag">
    Require all denied
</FilesMatch>
"""


def _render_static_host(path: str) -> str:
    # These hosts apply every rule that matches, so a rule for all paths would also forbid frames with players.
    pages = ("", "index.html", *(f"{folder}/*" for folder in _PAGE_FOLDERS))
    frame_rules = "".join(f"{path}{page}\n  Content-Security-Policy: frame-ancestors 'self'\n" for page in pages)
    return f"""\
# Netlify, Cloudflare Pages and similar hosts: save this as _headers in the root of the site.
{path}*
  Access-Control-Allow-Origin: *
  X-Content-Type-Options: nosniff
{frame_rules}{path}audio/*
  Cache-Control: {urls.CACHE_IMMUTABLE}
{path}*.opus
  Content-Type: audio/ogg
{path}*.m4a
  Content-Type: audio/mp4
"""
