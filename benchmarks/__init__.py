"""Measurements: figures for docs/benchmarks, never assertions of a test."""
