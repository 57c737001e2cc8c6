"""protoc plugins that turn the contract into edges; `python -m edge.generate` runs them all."""
