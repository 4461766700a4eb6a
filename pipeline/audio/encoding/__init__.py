"""From a master to the file that listeners download."""
