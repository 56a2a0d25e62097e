"""Everything but the pictures, on the clock of the output: sound, subtitles, chapters, covers, tags, timecode."""
