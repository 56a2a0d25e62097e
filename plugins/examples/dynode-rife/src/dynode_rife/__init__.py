"""Optical flow of RIFE for dynode."""
