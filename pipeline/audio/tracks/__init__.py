"""Several recorders of one talk: recognition, alignment, and one mix of all microphones."""
