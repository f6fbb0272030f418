"""The benchmarks of the paper (MIST and NoC) for any segmenter."""
