"""Frames of molecules: readers, checks, the canonical dataset, splits, generation."""
