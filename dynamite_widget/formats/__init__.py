"""One file a format: pure functions between sessions and files or frames."""
