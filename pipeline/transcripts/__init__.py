"""File formats of transcripts: text becomes cues, and a finding with its line for all that cannot be used.

Knows formats, not programmes. Writing is in ``pipeline.feed.transcripts``.
"""
