"""What it looks like: vector tiles."""
