"""What happens to codes: every call goes through one queue and one function for all who wait."""
