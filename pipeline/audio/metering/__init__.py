"""Loudness and true peak, as ITU-R BS.1770 and EBU R 128 define them, and their filters."""
