"""How the embedded model is trained: data, click simulation, losses, the loop."""
