"""Faces: detection, 468 landmarks, FFHQ framing, and edits defined on landmarks and carried through a clip.

    editing --> following --> finding --> geometry
                 framing --> finding

`editing` says what changes, `following` where its points are in another frame, `framing` which square a generator
makes, `finding` where a face and its landmarks are, `geometry` how pictures are warped. A folder imports from those to
its right only, and `weights` are known to all.
"""
