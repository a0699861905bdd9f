"""The documentation site: `make docs` builds it from `docs/` into `.build/site`.

`pages` turns each page of `docs/` into one for the generator, `reference` adds the pages of the public names, `build`
runs the generator, and `publish` puts the result beside earlier versions.
"""
