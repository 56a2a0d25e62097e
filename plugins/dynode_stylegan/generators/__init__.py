"""Generators: StyleGAN 2 and 3, DCGAN."""
