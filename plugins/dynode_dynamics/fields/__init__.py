"""Vector fields, and fitting them: by matching slopes, by shooting, by least squares."""
