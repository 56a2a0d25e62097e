"""Media files: video in, video out, exactly. All reading and writing of them through PyAV is here.

    reading     open_source -> probe -> MediaInfo; scan -> Scan; FrameReader -> ShotClip
    looking     what the scan shows its pictures to: cuts, duplicates, held frames
    writing     check_target, encoder_for; VideoWriter -> Sink -> Target
    carried     what the writer takes past the pictures: sound, subtitles, chapters, tags and timecode

Beside these folders lies what they share: facts about a video and about kinds of file, rates, rotation, repeat counts,
pixel formats and colour. Each imports only what comes before it: these, looking, reading, carried, writing.

Ticks are whole numbers of a stream's time base and times are :class:`fractions.Fraction` seconds; neither is
ever a float. Everything streams: memory does not grow with the clip.
"""
