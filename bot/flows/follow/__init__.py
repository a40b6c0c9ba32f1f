"""What happens at Devin: polled, read and announced."""
