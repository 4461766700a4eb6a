"""Take a person, an episode or a reflection out of the files of a programme: what would change, and the changes."""
