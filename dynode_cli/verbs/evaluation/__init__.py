"""Methods measured on frames that were left out."""
