"""What a grid is: the city's manifest, its levels, import, certificate."""
