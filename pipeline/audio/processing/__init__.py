"""The processing chain: from a recording to its master."""
