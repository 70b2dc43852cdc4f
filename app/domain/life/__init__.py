"""What can happen to a code, and who decides: pure functions over a book of facts."""
