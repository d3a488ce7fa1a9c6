"""Numbers of others, shipped as YAML files and read from users' own, to stand beside results."""
