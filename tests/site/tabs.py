"""Helpers for browser tabs."""

import time

TIMEOUT_S = 60  # long enough for a busy machine


def wait_until(tab, condition):
    """Wait until a condition holds; the policy of the page forbids Playwright's own way."""
    deadline = time.monotonic() + TIMEOUT_S
    while not tab.evaluate(condition):
        if time.monotonic() > deadline:
            raise TimeoutError(condition)
        tab.wait_for_timeout(50)


def slow_down(tab):
    """Play so slowly that a delay of a minute is four seconds of audio, so that the current cue stays the same."""
    tab.evaluate("document.querySelector('audio').playbackRate = 0.0625")
