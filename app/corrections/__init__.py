"""Corrections of addresses: what a dispatcher knows better becomes a door, a place or a name.

Never a hidden rule: each says who made it, when, of what text, and it can be undone.
"""
