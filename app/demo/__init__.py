"""The demo city: real names and codes, synthetic borders that look like a place."""
