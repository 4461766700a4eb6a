"""``python -m pipeline`` is ``weerslag``."""

from pipeline.cli import main

main()
