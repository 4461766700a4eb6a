"""Loudness, true peak and energy, as ITU-R BS.1770 and EBU R 128 define them."""
