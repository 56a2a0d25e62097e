"""Figures told: as text, as charts on a page, beside those of an earlier run."""
