"""The ffmpeg process: probing, decoding, encoding. The only package that runs ffmpeg."""
