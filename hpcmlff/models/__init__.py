"""Trainers: what turns a training task into a model."""
