"""Dynamics of dynode: curves through latent codes, from a straight line to neural ODEs, CDEs and SDEs.

    methods --> solving --> fields --> curves

`methods` are what users name; `solving` turns a fitted vector field into a curve that meets the codes; `fields` are
the vector fields and their fits; `curves` are the interpolants, and all that is known of the observed codes. A folder
imports from those to its right only.
"""
