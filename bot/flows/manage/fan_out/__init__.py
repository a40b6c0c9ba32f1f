"""Fan-outs: one prompt in many organisations."""
