"""What trained models are for: an ASE calculator, dynamics, scans along a coordinate."""
