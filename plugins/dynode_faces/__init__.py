"""Faces: detection, 468 landmarks, FFHQ framing, and edits defined on landmarks and carried through a clip."""
