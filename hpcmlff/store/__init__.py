"""The store: checkpoints, attempts, blocks, ledger and frozen grids under one folder.

Knows files and arrays, nothing of molecules or trainers.
"""
