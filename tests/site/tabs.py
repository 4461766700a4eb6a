"""Waiting for what happens in a tab."""

import time

PATIENCE_S = 60  # for what comes at once, unless it never comes


def until(tab, truth):
    """Waits until ``truth`` holds; the page's own policy forbids what Playwright would do for this."""
    over = time.monotonic() + PATIENCE_S
    while not tab.evaluate(truth):
        if time.monotonic() > over:
            raise TimeoutError(truth)
        tab.wait_for_timeout(50)


def slowly(tab):
    """Let sound go on so slowly that a minute's delay is four seconds of it: what sounds when we look is what sounded before."""
    tab.evaluate("document.querySelector('audio').playbackRate = 0.0625")
