"""What a namespace uses of its quotas."""
