"""What frames look like beside each other: cuts, repeats, pictures that are held."""
