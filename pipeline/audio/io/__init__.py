"""Reading audio files: containers, headers and PCM samples."""
