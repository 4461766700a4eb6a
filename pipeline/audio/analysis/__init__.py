"""What is in a recording: defects, channels, voice activity, noise."""
