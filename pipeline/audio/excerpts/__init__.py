"""Excerpts of a recording and of its master at the same places and equal loudness, for the processing report."""
