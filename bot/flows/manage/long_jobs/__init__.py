"""Long jobs: exports, lists and reviews, with one living message each."""
