"""The kubelet's server: logs, exec, attach, port-forward and figures of the pods of one node."""
