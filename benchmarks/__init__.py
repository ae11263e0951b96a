"""Measures us against a bare floor in the same run: `./run bench [NAME …]`."""
