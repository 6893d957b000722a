"""What the claims of speed rest on: each prints a table, and as its last line one JSON object of its ratios."""
