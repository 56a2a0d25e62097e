"""One frame is changed, and every frame follows."""
