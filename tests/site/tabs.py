"""Waiting for what happens in a tab."""


def until(tab, truth):
    """Waits until ``truth`` holds; the page's own policy forbids what Playwright would do for this."""
    for _ in range(200):
        if tab.evaluate(truth):
            return
        tab.wait_for_timeout(50)
    raise TimeoutError(truth)
