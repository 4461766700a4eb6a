"""Vocabulary of podcast feeds: XML namespaces, Apple's categories, the podcast taxonomy of roles, licences, languages.

The lists and their sources are in ``data/feed_vocabulary.toml``.
"""

import tomllib
from pathlib import Path

_LISTS = tomllib.loads(Path(__file__).with_name("data").joinpath("feed_vocabulary.toml").read_text(encoding="utf-8"))

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",  # AntennaPod requires exactly this prefix
    "psc": "http://podlove.org/simple-chapters",
}

CATEGORIES: dict[str, tuple[str, ...]] = {name: tuple(parts) for name, parts in _LISTS["categories"].items()}

ROLE_GROUPS: dict[str, tuple[str, ...]] = {group: tuple(roles) for group, roles in _LISTS["role_groups"].items()}
ROLES = {role: group for group in reversed(ROLE_GROUPS) for role in ROLE_GROUPS[group]}  # "editor" is in "writing"
ROLE_SYNONYMS: dict[str, str] = _LISTS["role_synonyms"]

LICENCES: dict[str, str] = _LISTS["licences"]  # identifier in lower case: the address of its text, or empty

LANGUAGE_CODES = frozenset[str](_LISTS["language_codes"])
