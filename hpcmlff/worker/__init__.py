"""The node's side: one cell, from its newest checkpoint to its scored result.

``python -m hpcmlff.worker`` runs one cell; `hpcmlff.worker.pack.run_pack` is what
jobs run, and works through several cells, each in a process of its own.
"""
