"""Pure builders: models in, text and blocks out."""
