"""What it looks like: vector tiles, colours, exported maps."""
