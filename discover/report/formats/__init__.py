"""What a finished run is written as, one format in each file: its ``files`` by their paths."""
