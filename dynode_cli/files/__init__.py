"""Files of tensors: latent codes, safetensors, and foreign pickles read without running them."""
