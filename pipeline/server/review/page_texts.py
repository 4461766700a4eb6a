"""The words that the scripts of the transcript editor show."""

from collections.abc import Callable
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


def translate_page(translate: Callable[[str], str]) -> dict[str, Any]:
    """Return the words in the language of ``translate``, as the scripts read them."""

    def translate_all(words: dict[str, str]) -> dict[str, str]:
        return {name: translate(text) for name, text in words.items()}

    return {
        "actions": translate_all(_ACTIONS),
        "states": translate_all(_STATES),
        "ranges": translate_all(_RANGES),
        "status": translate_all(_STATUS),
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
        "noSpeaker": translate("No cue has this speaker."),
    }
