"""Inverters: by an encoder, by optimisation, by pivotal tuning."""
