"""Video in, video out, exactly: the only package that touches PyAV.

    open_source -> probe -> scan -> FrameReader -> ShotClip     reading
    encoder_for -> VideoWriter                                  writing

Ticks are whole numbers of a stream's time base and times are :class:`fractions.Fraction` seconds; neither is
ever a float. Everything streams: memory does not grow with the clip.
"""
