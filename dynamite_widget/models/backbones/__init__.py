"""Backbones: pixels in, four maps at strides 4, 8, 16 and 32 out, finest first."""
