"""Finds when each sentence of a known text is spoken: by recognised words, or by comparing sound with synthetic speech."""
