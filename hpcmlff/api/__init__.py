"""Everything the commands do, from Python; `hpcmlff` itself offers it by name."""
