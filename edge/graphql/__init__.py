"""GraphQL over the mesh: every field is an RPC or a field of its answer, as the contract says.

Tartiflette holds the schema, parses, validates and introspects; a plan compiled from the query
executes. `app.build` is the way in.
"""
