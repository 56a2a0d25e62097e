"""What frames are worth beside the real ones: PSNR, SSIM, flicker and a perceptual distance, as metrics for dynode."""
