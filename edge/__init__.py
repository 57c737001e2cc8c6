"""Where the outside world enters: generators of the edges, and what Envoy cannot transcode."""
