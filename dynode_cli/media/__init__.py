"""Video in, video out, exactly: the only package that touches PyAV.

    reading     open_source -> probe -> scan -> FrameReader -> ShotClip
    carried     sound, subtitles, chapters, tags and timecode, which go past the pictures
    writing     encoder_for -> VideoWriter

What lies beside these is about pictures: colour, pixel formats, turning.

Ticks are whole numbers of a stream's time base and times are :class:`fractions.Fraction` seconds; neither is
ever a float. Everything streams: memory does not grow with the clip.
"""
