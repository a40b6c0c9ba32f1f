"""What every feature needs and none owns: rows that are carried out, posts, commands, forms, operations."""
