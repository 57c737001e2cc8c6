"""Python that the generators copy into gen/ as it is; it imports nothing but gen and packages."""
