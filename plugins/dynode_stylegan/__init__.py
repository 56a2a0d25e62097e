"""StyleGAN2, StyleGAN3 and DCGAN: generators, and the inverters (GAN inversion) that find their codes.

    inverters --> generators --> layouts --> networks --> checkpoints

`checkpoints` read files without running code, `networks` are the modules, `layouts` say which tensor of a published
file is which of a network. A folder imports from those to its right only, and `weights` are known to all.
"""
