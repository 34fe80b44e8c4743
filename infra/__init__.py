"""What is deployed: the resources, and how the package is built."""
