"""Coordinates and shapes: China's datums, metric measures, vector files."""
