"""What a submission would do: decided without writing anything, then shown."""
