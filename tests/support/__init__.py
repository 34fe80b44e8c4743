"""What several tests stand on: the local AWS, the API in process, the queues."""
