"""What other programs take from Weige by open standards: features, tiles, files."""
