"""The podcast taxonomy: the roles a person can have in a feed, and the words people use for them.

Source: Podcastindex-org/podcast-namespace, taxonomy-en.json. There is none in Dutch, and apps read the English words.
"""

GROUPS = {
    "creative direction": (
        "director",
        "assistant director",
        "executive producer",
        "senior producer",
        "producer",
        "associate producer",
        "development producer",
        "creative director",
    ),
    "cast": ("host", "co-host", "guest host", "guest", "voice actor", "narrator", "announcer", "reporter"),
    "writing": (
        "author",
        "editorial director",
        "co-writer",
        "writer",
        "songwriter",
        "guest writer",
        "story editor",
        "managing editor",
        "script editor",
        "script coordinator",
        "researcher",
        "editor",
        "fact checker",
        "translator",
        "transcriber",
        "logger",
    ),
    "audio production": (
        "studio coordinator",
        "technical director",
        "technical manager",
        "audio engineer",
        "remote recording engineer",
        "post production engineer",
    ),
    "audio post-production": (
        "audio editor",
        "sound designer",
        "foley artist",
        "composer",
        "theme music",
        "music production",
        "music contributor",
    ),
    "administration": (
        "production coordinator",
        "booking coordinator",
        "production assistant",
        "content manager",
        "marketing manager",
        "sales representative",
        "sales manager",
    ),
    "visuals": ("graphic designer", "cover art designer"),
    "community": ("social media manager",),
    "misc.": ("consultant", "intern"),
    "video production": ("camera operator", "lighting designer", "camera grip", "assistant camera"),
    "video post-production": ("editor", "assistant editor"),
}

ROLES = {role: group for group in reversed(GROUPS) for role in GROUPS[group]}  # an editor is one of texts

# Only words that can mean nothing else: an "onderzoeker" at the table is a guest with a profession.
SYNONYMS = {
    "gast": "guest",
    "tafelgast": "guest",
    "panellid": "guest",
    "spreker": "guest",
    "speaker": "guest",
    "panellist": "guest",
    "gastheer": "host",
    "gastvrouw": "host",
    "presentator": "host",
    "presentatrice": "host",
    "presentatie": "host",
    "presenter": "host",
    "gespreksleider": "host",
    "interviewer": "host",
    "moderator": "host",
    "dagvoorzitter": "host",
    "co-presentator": "co-host",
    "medepresentator": "co-host",
    "cohost": "co-host",
    "gastpresentator": "guest host",
    "verteller": "narrator",
    "voice-over": "narrator",
    "stem": "voice actor",
    "verslaggever": "reporter",
    "eindredacteur": "managing editor",
    "eindredactie": "managing editor",
    "redactie": "editor",
    "producent": "producer",
    "productie": "producer",
    "regie": "director",
    "techniek": "audio engineer",
    "geluid": "audio engineer",
    "geluidstechnicus": "audio engineer",
    "montage": "audio editor",
    "componist": "composer",
    "muziek": "composer",
    "vormgeving": "graphic designer",
}


def role_of(words: str) -> tuple[str, str]:
    """The role and its group that ``words`` stand for; somebody with any other role is a guest, with a profession."""
    role = " ".join(words.lower().split())
    role = SYNONYMS.get(role, role)
    return (role, ROLES[role]) if role in ROLES else ("guest", "cast")
