"""A plain transcription of the published network, to check the fast one against."""
