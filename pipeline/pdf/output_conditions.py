"""Printing conditions and ink limits that the print edition and the preflight share."""

OUTPUT_CONDITIONS = {  # OutputConditionIdentifier (ICC characterization data registry) and its description
    "coated-fogra39": ("FOGRA39", "Coated FOGRA39 (ISO 12647-2:2004), profile ISO Coated v2 300% (basICColor)"),
}

MAX_INK_COVERAGE = 3.0  # sum of four inks of 0 to 1: the limit of coated paper and of FOGRA39
MAX_COLOUR_INK = 2.8  # of a single colour, so that it dries on a fast press
