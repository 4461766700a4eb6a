"""From the recorder's files to the encoded, tagged episode. The doorway to ffmpeg and numpy."""
