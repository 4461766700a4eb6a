"""Analysis of recordings: defects, channels, voice activity, noise."""
