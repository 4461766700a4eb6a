"""The magazine: PDF editions for screen and print, a web edition and an EPUB, from one flatplan."""
