"""Pacing: clients round clients: calling again where that can help, and as often and as many as a server bears."""
