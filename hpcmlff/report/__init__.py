"""From result rows to tables and plots."""
