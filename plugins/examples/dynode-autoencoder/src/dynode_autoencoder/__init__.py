"""Latents of an image autoencoder as codes for dynode."""
