"""Dynamics of dynode: curves through latent codes, from a straight line to neural ODEs, CDEs and SDEs."""
