"""Operations begin, read batch by batch, and end with a table or a file."""
