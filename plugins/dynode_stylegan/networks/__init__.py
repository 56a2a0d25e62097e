"""Networks of StyleGAN 2 and 3, pSp encoders and discriminators."""
