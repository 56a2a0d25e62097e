"""Video editing: one frame is changed, and every frame follows."""
