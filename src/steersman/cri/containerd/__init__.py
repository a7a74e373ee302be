"""containerd as the container runtime: CRI for pods, containerd's own services for streams and events."""
