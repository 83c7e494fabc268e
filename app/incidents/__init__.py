"""What happened: incidents, their life cycle, and the feed of everything that changes."""
