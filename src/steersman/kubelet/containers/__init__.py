"""From a pod's spec to what the runtime is told: pure functions, one topic a file."""
