"""What a submission is expected to take, before anything is submitted."""
