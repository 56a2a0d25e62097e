"""Frame interpolation by optical flow, the default generator: frames of any video from the motion of its own pixels.

`inverter` and `generator` are what users name. Between them: `dis` finds the flow of two frames, `flow` judges and
repairs it, `analysis` knows the motion of a clip, `codes` write it as eight numbers a frame, `paths` and `mask` say
where pixels of a frame in between come from, and `render` makes it. No two files import each other.
"""
