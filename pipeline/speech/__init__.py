"""Speech recognition: models, voice activity, words with times, speakers, cues. Knows recordings, not programmes."""
