"""The ffmpeg process. The only place that runs ffmpeg."""
