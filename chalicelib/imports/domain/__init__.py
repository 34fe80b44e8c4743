"""What files of registries say."""
