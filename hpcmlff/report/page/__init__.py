"""Results as one self-contained HTML file: no server, no network, no other file."""
