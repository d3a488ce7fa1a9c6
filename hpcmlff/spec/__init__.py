"""Pure descriptions: grids, cells, resources, profiles, states. No input or output here."""
