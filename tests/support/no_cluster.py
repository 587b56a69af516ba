"""Where KubeSpawner finds a cluster in tests that start nothing in one: nowhere."""

from __future__ import annotations

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: none
clusters: [{name: none, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: none, user: {}}]
contexts: [{name: none, context: {cluster: none, user: none, namespace: lab}}]
"""
