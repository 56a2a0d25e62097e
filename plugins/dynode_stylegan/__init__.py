"""dynode plugin: StyleGAN2, StyleGAN3 and DCGAN generators, and the inverters that find their codes."""
