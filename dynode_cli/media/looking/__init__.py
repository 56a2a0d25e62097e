"""What frames look like beside each other: cuts, duplicates, pictures that are held. It knows pictures, no files."""
