"""Alignment of faces: cut out as FFHQ was, and put back."""
