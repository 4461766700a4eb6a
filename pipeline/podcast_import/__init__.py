"""Moves an existing podcast in: reads its feed, downloads its files, and writes a programme that publishes the same."""
