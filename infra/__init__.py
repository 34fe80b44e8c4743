"""Deployment: the resources, and building the package."""
