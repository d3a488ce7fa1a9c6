"""Cluster profiles: listing them, checking them against a cluster, writing a first one."""
