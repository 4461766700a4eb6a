"""Intake: files that discussion groups handed in become drafts of reflections.

Word, OpenDocument, text, Markdown, web pages, forms, e-mail and photos are read in a process with
limits (``importer.import_file``), because the files are untrusted. The result is text, clean
images and a list of what was omitted. Nothing here writes into a programme.
"""
