"""What Devin does is followed: polled, announced, shown on the card."""
