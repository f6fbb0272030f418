"""Networks: tensors in, tensors out. Knows nothing of files, sessions or people."""
