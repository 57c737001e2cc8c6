"""One folder for each bounded context, the same rooms in each."""
