"""Every namespace has a ConfigMap with the cluster's CA, for pods to trust the API server."""
