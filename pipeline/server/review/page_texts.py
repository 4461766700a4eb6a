"""The words that the scripts of the review desk show."""

from collections.abc import Callable, Mapping
from typing import Any

_ACTIONS = {
    "play": "Play or pause",
    "back": "Back 3 seconds",
    "forward": "Forward 3 seconds",
    "previous": "Previous cue",
    "next": "Next cue",
    "nextOpen": "Next to review",
    "repeat": "Repeat the cue",
    "slower": "Slower",
    "faster": "Faster",
    "edit": "Edit",
    "leave": "Done",
    "sign": "Sign",
    "split": "Split here",
    "merge": "Merge with the next",
    "remove": "Delete the cue",
    "take": "Take the other words",
    "speaker": "Change the speaker",
    "rename": "Rename a speaker",
    "startHere": "Begins here",
    "endHere": "Ends here",
    "cut": "Cut",
    "mute": "Mute",
    "bleep": "Bleep",
    "proposals": "Proposed cuts",
    "undo": "Undo",
    "help": "Keys and marks",
}
_STATES = {
    "reviewed": "reviewed",
    "hidden": "not published: cut, muted or bleeped",
    "missing": "not reviewed yet",
    "edited": "edited since its review",
    "sound": "reviewed with another recording",
    "cut": "its sound was changed since its review",
}
_RANGES = {"cut": "Cut out", "mute": "Muted", "bleep": "Bleeped"}
_STATUS = {
    "saving": "Saving …",
    "saved": "Saved",
    "unreachable": "Not saved: the editor does not answer. What you typed is kept in this browser; run weerslag review again.",
}

_APPROVAL_STATES = {
    "pending": "not approved",
    "revoked": "edited after its approval, so not published",
    "unlocked": "approved, but not locked to these words",
    "locked": "approved, in exactly these words",
}
_PARTS = {
    "roles": "Roles",
    "question": "Question",
    "insight": "Insight",
    "text": "Text",
    "quote": "Quote",
    "by": "Said by",
}
_FORMER = {"approved": "The wording that was approved", "asked": "The wording that was asked last"}
MEANS_TEXTS = {
    "mail": "by e-mail",
    "message": "in a message",
    "phone": "by phone",
    "meeting": "in a conversation",
    "paper": "on paper",
}


def translate_page(translate: Callable[[str], str]) -> dict[str, Any]:
    """Return the words in the language of ``translate``, as the scripts read them."""
    return {
        "actions": _translate_all(_ACTIONS, translate),
        "states": _translate_all(_STATES, translate),
        "ranges": _translate_all(_RANGES, translate),
        "status": _translate_all(_STATUS, translate),
        "list": translate("In the list"),
        "typing": translate("While you type"),
        "text": translate("Text of the cue"),
        "speaker": translate("Speaker"),
        "start": translate("Start"),
        "end": translate("End"),
        "play": translate("Play"),
        "pause": translate("Pause"),
        "left": translate("{left} of {total} minutes left to review"),
        "ready": translate("Every cue is reviewed."),
        "incomplete": translate("Not saved yet: a cue needs words, and an end after its start."),
        "noUndo": translate("This cannot be undone any more: the cue was changed elsewhere."),
        "silence": translate("{seconds} s without speech"),
        "falseStart": translate("begun twice: “{text}”"),
        "noProposals": translate("There is nothing to propose."),
        "listen": translate("Listen"),
        "cutOut": translate("Cut"),
        "otherHas": translate("The second model has “{other}” for “{words}”."),
        "otherLacks": translate("The second model does not have “{words}”."),
        "otherAdds": translate("The second model also has “{other}”, after “{before}”."),
        "noSpeaker": translate("No cue has this speaker."),
    }


def translate_approvals(translate: Callable[[str], str]) -> dict[str, Any]:
    """Return the words of the page of approvals in the language of ``translate``."""
    return {
        "states": _translate_all(_APPROVAL_STATES, translate),
        "parts": _translate_all(_PARTS, translate),
        "former": _translate_all(_FORMER, translate),
        "means": _translate_all(MEANS_TEXTS, translate),
        "text": translate("Text"),
        "quoteNumber": translate("Quote {number}, of: {by}"),
        "read": translate("Read the words"),
        "agreed": translate("They agreed to exactly these words"),
        "now": translate("The wording now"),
        "noFormer": translate("No earlier wording is known on this computer."),
        "removed": translate("removed:"),
        "added": translate("added:"),
        "by": translate("Who agreed (a role or initials)"),
        "day": translate("On which day"),
        "how": translate("How"),
        "record": translate("Record this approval"),
        "recorded": translate("Recorded: {group}"),
        "nothingTicked": translate("Tick first what they agreed to."),
        "whoMissing": translate("Say who agreed: a role or initials, no e-mail address."),
        "dayMissing": translate("Give the day on which they agreed; it cannot be in the future."),
        "left": translate("{left} of {total} texts and quotes are not approved"),
        "ready": translate("Every text and quote is approved."),
        "none": translate("This programme has no reflections yet."),
        "unreachable": translate("Not recorded: the desk does not answer. Run weerslag review again."),
    }


def _translate_all(texts: Mapping[str, str], translate: Callable[[str], str]) -> dict[str, str]:
    return {name: translate(text) for name, text in texts.items()}
