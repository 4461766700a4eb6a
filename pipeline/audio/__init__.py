"""Audio: from recordings to encoded, tagged episodes."""
