"""The models' pages: which there are, which scores, how they compare and whether what they see has changed."""
