"""The default generator: frames of any video, made from the motion of its own pixels."""
