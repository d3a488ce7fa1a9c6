"""From a grid file to frozen cells: everything is checked before anything is written."""
