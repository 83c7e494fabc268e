"""From text to a place: gazetteer, normalise, parse, look up, decide, explain."""
