"""Who shares a process, on which ports, started and stopped how. The top of the house."""
