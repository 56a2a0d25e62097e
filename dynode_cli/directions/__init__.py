"""Directions in the latent spaces of generators: made, read, written, learnt."""
