"""The laptop: the local AWS, the API, queues and schedules in one command. Never deployed."""
