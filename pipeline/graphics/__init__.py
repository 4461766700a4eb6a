"""Graphics: waveforms, covers, social images, QR codes, and the cleaning of images.

Import from the modules: some need Pillow or segno, which load slowly.
"""
