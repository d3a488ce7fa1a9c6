"""What the commands `md` and `scan` do: find models, simulate with each, show what came of it."""
