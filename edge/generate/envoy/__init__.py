"""The protoc plugin for Envoy: the config of each pod's proxy, from the contract and `envoy/`.

`envoy/` at the root holds what is written by hand, with `<name>` where something is filled in;
this package computes those parts. The documents keep `${NAME}` for ports and paths of a machine.
"""
