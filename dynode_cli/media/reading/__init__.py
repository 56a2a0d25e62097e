"""A source, looked through and read: what it says, when its frames are shown, and the frames themselves."""
