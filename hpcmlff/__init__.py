"""Machine-learned force-field experiments on HPC clusters."""

__version__ = "0.1.0"
