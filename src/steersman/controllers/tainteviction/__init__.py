"""Pods leave a node whose NoExecute taints they do not tolerate, at once or after their time."""
